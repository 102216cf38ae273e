import { z } from 'zod';
import { choice, count, flag, pathInside, positive, provider, section, text } from './values.ts';

const threshold = z.number('must be a number from 0 to 1').min(0, 'must be from 0 to 1').max(1, 'must be from 0 to 1');
const severity = z
  .int('must be a whole number from 0 to 1000')
  .min(0, 'must be from 0 to 1000')
  .max(1000, 'must be from 0 to 1000');
const role = section({ provider: provider.nullable().default(null), model: text.nullable().default(null) });
const autoPush = z.union([z.boolean(), z.literal('prompt')], 'must be true, false or "prompt"');

/** The keys of gated runs. */
export const gatedSections = {
  run_mode: section({
    enabled: flag.default(false),
    plan: pathInside.default('docs/sprint-plan.md'),
    git: section({ auto_push: autoPush.default(true) }),
    defaults: section({ max_cycles: count.default(20), timeout_hours: positive.default(8) }),
    circuit_breaker: section({ same_issue_threshold: count.default(3), no_progress_threshold: count.default(5) }),
    rate_limiting: section({ calls_per_hour: count.default(100) }),
  }),
  red_team: section({
    code_vs_design: section({
      enabled: flag.default(false),
      design_doc: pathInside.default('docs/design.md'),
      skip_if_no_sdd: flag.default(true),
      severity_threshold: severity.default(700),
      max_cycles: count.default(2),
    }),
  }),
  post_pr: section({
    enabled: flag.default(false),
    audit: flag.default(true),
    e2e: flag.default(true),
    cross_model: flag.default(false),
    review: flag.default(false),
    auto_triage: flag.default(true),
    build_command: text.nullable().default(null),
    test_command: text.nullable().default(null),
  }),
  guardrails: section({
    enabled: flag.default(true),
    injection: section({ mode: choice('blocking', 'advisory').default('blocking'), threshold: threshold.default(0.7) }),
    danger: section({ enabled: flag.default(true) }),
    logging: flag.default(true),
  }),
  dissent: section({ enabled: flag.default(false) }),
  roles: section({ implementer: role, reviewer: role, auditor: role, 'red-team': role, triage: role }),
};
