/** A pasted text that can't be used: why, and what to paste instead ('' where the reason says it). */
export class EndpointError extends Error {
  constructor(
    readonly reason: string,
    readonly paste = ''
  ) {
    super(paste ? `${reason}; paste ${paste}` : reason);
    this.name = 'EndpointError';
  }
}

/** Quotes as the back end does, so that both say the same. */
export function quote(text: string): string {
  return JSON.stringify(text);
}
