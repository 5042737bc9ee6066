/** Letter, in points; everything is placed from the top left corner. */
export const PAGE = { width: 612, height: 792, left: 54, right: 558, top: 52, bottom: 722 } as const;
export const TEXT_WIDTH = PAGE.right - PAGE.left;

export const COLOR = {
  ink: '#1b2130',
  muted: '#5a6373',
  accent: '#1f3a5f',
  alert: '#8f1d1d',
  rule: '#c6ccd6',
  hairline: '#e1e5ea',
  band: '#f3f5f8',
} as const;

export type FontName = 'sans' | 'bold' | 'serif' | 'mono';

export interface Style {
  font: FontName;
  size: number;
  /** Distance between base lines. */
  leading: number;
  color: string;
}

export const STYLE = {
  title: { font: 'serif', size: 23, leading: 29, color: COLOR.accent },
  heading: { font: 'bold', size: 11, leading: 15, color: COLOR.accent },
  subheading: { font: 'bold', size: 9, leading: 12.5, color: COLOR.ink },
  body: { font: 'sans', size: 8.8, leading: 12.6, color: COLOR.ink },
  strong: { font: 'bold', size: 8.8, leading: 12.6, color: COLOR.ink },
  label: { font: 'sans', size: 7, leading: 9.5, color: COLOR.muted },
  small: { font: 'sans', size: 7.4, leading: 10, color: COLOR.muted },
  cell: { font: 'sans', size: 7.3, leading: 9.4, color: COLOR.ink },
  cellStrong: { font: 'bold', size: 7.3, leading: 9.4, color: COLOR.ink },
  cellMuted: { font: 'sans', size: 7, leading: 9.2, color: COLOR.muted },
  columnTitle: { font: 'bold', size: 6.8, leading: 8.6, color: COLOR.muted },
  digest: { font: 'mono', size: 6.4, leading: 9, color: COLOR.muted },
} as const satisfies Record<string, Style>;

/** A number as it is written in a page: to a thousandth of a point. */
export function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}

/** The operands of a colour `#rrggbb` (ISO 32000-1, 8.6.4.3). */
export function rgb(color: string): string {
  return [1, 3, 5].map((at) => rounded(Number.parseInt(color.slice(at, at + 2), 16) / 255)).join(' ');
}
