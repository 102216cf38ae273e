/** Names and types of the custom search attributes that runs carry; Temporal's own spelling of the types. */
export const searchAttributes = {
  LocusRepo: 'Keyword',
  LocusMode: 'Keyword',
  LocusSprint: 'Keyword',
  LocusState: 'Keyword',
  LocusPhase: 'Keyword',
  LocusBranch: 'Keyword',
  LocusIssues: 'KeywordList',
  LocusCycle: 'Int',
} as const;

export type SearchAttributeName = keyof typeof searchAttributes;
