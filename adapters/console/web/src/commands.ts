// What the keyboard, menus and the guide ask of whoever shows it: the open
// conversation, its composer, the list of keys. Nobody here knows who that is.

export type Command = 'reply' | 'note' | 'transfer' | 'close' | 'park' | 'keys';

const asked = new EventTarget();

export const command = (name: Command) => asked.dispatchEvent(new Event(name));

// onCommand has f told of these until what it returns is called.
export function onCommand(names: Command[], f: (name: Command) => void): () => void {
  const hear = (e: Event) => f(e.type as Command);
  for (const n of names) asked.addEventListener(n, hear);
  return () => {
    for (const n of names) asked.removeEventListener(n, hear);
  };
}
