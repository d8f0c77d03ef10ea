// In place of EventSource, for tests: says what it is told to say.
export class Wire {
  static readonly opened: Wire[] = [];
  closed = false;
  onerror: (() => void) | null = null;
  onmessage: ((message: { data: string }) => void) | null = null;

  constructor(readonly url: string) {
    Wire.opened.push(this);
  }

  close(): void {
    this.closed = true;
  }

  says(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
}
