import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { type Calls, openStage, type Script } from './support.ts';

/** A stage whose workflows run with a module of `changed/`. */
export async function openChangedStage(change: string, script: Script, calls: Calls): ReturnType<typeof openStage> {
  const { code } = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('../../src/workflows/index.ts', import.meta.url)),
    workflowInterceptorModules: [fileURLToPath(new URL(`./changed/${change}.ts`, import.meta.url))],
    logger: new DefaultLogger('WARN'),
  });
  const folder = await mkdtemp(path.join(tmpdir(), `locus-${change}-`));
  const codePath = path.join(folder, 'workflows.cjs');
  await writeFile(codePath, code);
  const { stage, close } = await openStage(script, calls, codePath);
  return {
    stage,
    async close() {
      await close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
