// The incident's report in the three formats. HTML is escaped here, as the report service does.
const escapes = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escape = (text) => String(text ?? '').replace(/[&<>"]/g, (character) => escapes[character]);

export function report({ item }, format, lang) {
  const zh = lang === 'zh';
  const root = item.verdict.roots[0];
  const title = zh ? item.title_zh : item.title;
  const heads = zh ? ['原因', '证据', '处理'] : ['Cause', 'Evidence', 'What to do'];
  if (format === 'json') return { type: 'application/json', body: JSON.stringify(item, null, 2) };
  const actions = root.actions.map((action) => [zh ? action.text_zh : action.text, action.command]);
  if (format === 'html') {
    const body = `<!doctype html><html lang="${zh ? 'zh-CN' : 'en'}"><head><meta charset="utf-8"><title>${escape(item.id)}</title></head><body>
<h1>${escape(title)}</h1><p>${escape(item.cluster_id)} · ${escape(item.severity)} · ${escape(root.code)} · ${escape(root.confidence)}</p>
<h2>${heads[1]}</h2><ul>${root.evidence.map((entry) => `<li><code>${escape(entry.source)}</code><br>${escape(entry.quote)}</li>`).join('')}</ul>
<h2>${heads[2]}</h2><ul>${actions.map(([text, command]) => `<li>${escape(text)}<br><code>${escape(command)}</code></li>`).join('')}</ul></body></html>`;
    return { type: 'text/html; charset=utf-8', body };
  }
  const lines = [`# ${title}`, '', `${item.cluster_id} · ${item.severity} · ${root.code} · ${root.confidence}`, '', `## ${heads[1]}`, '', ...root.evidence.map((entry) => `- \`${entry.source}\`: ${entry.quote}`), '', `## ${heads[2]}`, '', ...actions.map(([text, command]) => `- ${text}${command ? `\n\n      ${command}` : ''}`), ''];
  return { type: 'text/markdown; charset=utf-8', body: lines.join('\n') };
}
