// How wide a text is in columns of a fixed-width font, where Chinese characters take two. Pure.

const wide = /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]|[\ud83c-\ud83e][\udc00-\udfff]/u;

function columnsOf(character: string): number {
  return wide.test(character) ? 2 : 1;
}

export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += columnsOf(character);
  return width;
}

/** Cuts out the middle, because both ends of a generated name mean something: `cart-7d9f…x2xkp`. */
export function fitMiddle(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  const characters = [...text];
  const tailWanted = Math.floor((columns - 1) / 3);
  let head = '';
  let headWidth = 0;
  let tail = '';
  let tailWidth = 0;
  while (characters.length > 0) {
    const last = characters[characters.length - 1] ?? '';
    if (tailWidth + columnsOf(last) > tailWanted) break;
    tail = last + tail;
    tailWidth += columnsOf(last);
    characters.pop();
  }
  for (const character of characters) {
    if (headWidth + columnsOf(character) > columns - 1 - tailWidth) break;
    head += character;
    headWidth += columnsOf(character);
  }
  return `${head}…${tail}`;
}
