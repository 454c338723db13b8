// What the server and the widget say to each other; see ../../doc.go.

export interface Option { id: string; label: string }

export interface Part {
  kind: 'text' | 'media' | 'choice' | 'card' | 'pick';
  body?: string;
  title?: string;
  url?: string;
  image?: string;
  type?: string;
  size?: number;
  until?: number;
  options?: Option[];
}

export interface Line {
  seq: number;
  id: string;
  mine?: string;
  from: { kind: 'peer' | 'bot' | 'agent' | 'system'; name?: string };
  at: number;
  replaces?: string;
  parts: Part[];
}

export interface Who { state: 'bot' | 'line' | 'agent'; name?: string; staff: boolean }

export interface Frame {
  op: 'ready' | 'lines' | 'past' | 'ack' | 'error' | 'typing' | 'banner' | 'ok';
  seq?: number;
  lines?: Line[];
  more?: boolean;
  reset?: boolean;
  log?: string;
  token?: string;
  who?: Who;
  banner?: { text: string };
  typing?: boolean;
  id?: string;
  code?: string;
  why?: string;
  retry?: number;
}

/** A line of the visitor's that the server has not acknowledged yet. */
export interface Own {
  id: string;
  at: number;
  text?: string;
  pick?: { option: string; label: string };
  file?: string;
  media?: Part;
}

export type Texts = Record<string, string>;

/** What the server's configuration says; put around the script by the server. */
export interface Setup {
  title: Texts | null;
  subtitle: Texts | null;
  launcher: Texts | null;
  notice: Texts | null;
  colour: string;
  side: 'left' | 'right';
  avatar: string;
  lang: string;
  site: string;
  file: number;
  text: number;
  types: string[];
}
