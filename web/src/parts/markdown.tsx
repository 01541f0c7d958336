// A Markdown tree as elements. Text stays text, links leave the page without telling it where they came from.
import { parseMarkdown, type Block, type Inline } from '../markdown';
import { Untrusted } from './untrusted';

function Inlines({ nodes }: { nodes: readonly Inline[] }) {
  return (
    <>
      {nodes.map((node, i) => {
        switch (node.kind) {
          case 'text':
            return <Untrusted key={i} text={node.text} />;
          case 'code':
            return (
              <code key={i}>
                <Untrusted text={node.text} />
              </code>
            );
          case 'strong':
            return (
              <strong key={i}>
                <Inlines nodes={node.inner} />
              </strong>
            );
          case 'emphasis':
            return (
              <em key={i}>
                <Inlines nodes={node.inner} />
              </em>
            );
          case 'link':
            return (
              <a key={i} href={node.href} {...(node.href.startsWith('http') ? { target: '_blank', rel: 'noopener noreferrer' } : {})}>
                <Inlines nodes={node.inner} />
              </a>
            );
        }
      })}
    </>
  );
}

function BlockView({ block }: { block: Block }) {
  switch (block.kind) {
    case 'heading':
      return block.level <= 2 ? (
        <h3 class={`md-level-${block.level}`}>
          <Inlines nodes={block.inner} />
        </h3>
      ) : (
        <h4>
          <Inlines nodes={block.inner} />
        </h4>
      );
    case 'paragraph':
      return (
        <p>
          <Inlines nodes={block.inner} />
        </p>
      );
    case 'quote':
      return (
        <blockquote>
          <Inlines nodes={block.inner} />
        </blockquote>
      );
    case 'list': {
      const items = block.items.map((item, i) => (
        <li key={i}>
          <Inlines nodes={item} />
        </li>
      ));
      return block.ordered ? <ol>{items}</ol> : <ul>{items}</ul>;
    }
    case 'code':
      return (
        <pre class="command">
          <Untrusted text={block.text} />
        </pre>
      );
    case 'table':
      return (
        <table class="table md-table">
          <thead>
            <tr>
              {block.head.map((cell, i) => (
                <th key={i}>
                  <Inlines nodes={cell} />
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {block.rows.map((cells, i) => (
              <tr key={i}>
                {cells.map((cell, k) => (
                  <td key={k} class="wrap">
                    <Inlines nodes={cell} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      );
    case 'rule':
      return <hr />;
  }
}

export function Markdown({ text }: { text: string }) {
  return (
    <div class="markdown">
      {parseMarkdown(text).map((block, i) => (
        <BlockView key={i} block={block} />
      ))}
    </div>
  );
}
