import { LocusFailure } from '../../domain/failures.ts';
import type { Agent } from '../agent.ts';

/** Any executable: the prompt on its stdin, works in its current folder, its stdout is its answer. */
export const command: Agent = {
  provider: 'command',
  resumable: false,
  environment: [],
  settings: {},
  folders: [],
  argv(request) {
    if (request.command === null || request.command.length === 0) {
      throw new LocusFailure('ConfigInvalid', 'agent.command is not set', {
        remedy: 'set agent.command to the program to run, as a list of words',
      });
    }
    return request.command;
  },
  reader() {
    return (line) => [{ kind: 'text', text: line }];
  },
};
