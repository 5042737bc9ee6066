/** Why a cell cannot be used, in words that complete `COLUMN …`; never with the value in them. */
export class CellMistake {
  constructor(
    readonly reason: string,
    readonly hint: string | null = null,
  ) {}
}
