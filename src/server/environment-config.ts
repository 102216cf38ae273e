/** Of Temporal's own variables and profiles. A module of ours, as a bundle gives a package that is imported late no names. */
export { loadClientConnectConfig } from '@temporalio/envconfig';
