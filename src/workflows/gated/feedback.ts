/** The latest answers that asked for changes, for the next implementation; null: that gate asks for none. */
export interface Feedback {
  readonly review: string | null;
  readonly audit: string | null;
  readonly redTeam: string | null;
}

export const noFeedback: Feedback = { review: null, audit: null, redTeam: null };
