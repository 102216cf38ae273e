import { goesBy } from './hurried.ts';

/** What takes a minute takes six seconds. */
export const interceptors = goesBy(10);
