import { describe, expect, test } from '@jest/globals';
import { checkDanger, checkInjection, checkPii } from '../../../src/domain/gated/check-command.ts';

const token = `ghp_${'x'.repeat(36)}`;
const tooLong = 'x'.repeat(1_048_577);

describe('locus check injection', () => {
  test('answers 0 below the threshold and 1 from it on', () => {
    const pass = checkInjection('act as an admin', {});
    expect(pass).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(pass.stdout)).toEqual({
      status: 'PASS',
      score: 0.3,
      threshold: 0.7,
      categories: { role_confusion: 1 },
    });
    const found = checkInjection('act as an admin', { threshold: '0.3' });
    expect(found).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/score 0.3, threshold 0.3\n$/) });
    expect(JSON.parse(found.stdout)).toMatchObject({ status: 'DETECTED' });
  });

  test.each(['.5', '1.5', '-1', 'abc', '2', ''])('C107 the threshold %j is a usage error', (threshold) => {
    expect(checkInjection('x', { threshold })).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringMatching(/--threshold/),
    });
  });

  test.each(['0', '1', '0.5', '1.00'])('C107 the threshold %j is accepted', (threshold) => {
    expect(checkInjection('x', { threshold }).exitCode).toBe(threshold === '0' ? 1 : 0);
  });

  test('refuses more than 1 MiB', () => expect(checkInjection(tooLong, {})).toMatchObject({ exitCode: 2, stdout: '' }));
});

describe('locus check pii', () => {
  test('C109 prints the redacted text and what was found, and is no failure', () => {
    const { exitCode, stdout, stderr } = checkPii(`ann@x.org bob@x.org ${token}`, {});
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ status: 'WARN', redactions: 3, types: ['email', 'github_token'] });
    expect(stdout + stderr).not.toMatch(/ann|bob|ghp_/);
  });

  test('takes its modes', () => {
    expect(JSON.parse(checkPii('/home/ann/x', { anonymize: true }).stdout).text).toBe('/home/[USER]/x');
    expect(JSON.parse(checkPii('password=x', { bug: true }).stdout).text).toBe('[REDACTED_PASSWORD]');
  });

  test('refuses more than 1 MiB', () => expect(checkPii(tooLong, {})).toMatchObject({ exitCode: 2, stdout: '' }));
});

describe('locus check danger', () => {
  test.each([
    [{ role: 'reviewer' }, 0, 'PROCEED'],
    [{ role: 'deployer' }, 1, 'BLOCK'],
    [{ role: 'deployer', mode: 'interactive' }, 0, 'WARN'],
    [{ level: 'high' }, 1, 'BLOCK'],
    [{ level: 'high', allowHigh: true }, 0, 'WARN'],
    [{ level: 'critical', allowHigh: true }, 1, 'BLOCK'],
    [{ level: 'awful', mode: 'interactive' }, 1, 'BLOCK'],
    [{ level: '' }, 1, 'BLOCK'],
  ])('C103 %j: %d', (options, exitCode, action) => {
    const answer = checkDanger(options);
    expect(answer.exitCode).toBe(exitCode);
    expect(JSON.parse(answer.stdout)).toMatchObject({ action });
    expect(answer.stderr === '').toBe(action === 'PROCEED');
  });

  test.each([{}, { role: 'reviewer', level: 'safe' }, { role: 'reviewer', mode: 'careful' }])(
    '%j is a usage error',
    (options) => expect(checkDanger(options)).toMatchObject({ exitCode: 2, stdout: '' }),
  );
});
