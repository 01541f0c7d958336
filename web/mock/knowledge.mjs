// Entries of the knowledge base: one per code that the incidents name, and one document of the operator's own.
import { hostileTexts } from './hostile.mjs';

const families = {
  config: ['A container needs a setting that is not there', '容器缺少所需的配置'],
  image: ['The node cannot get the image', '节点无法取得镜像'],
  node: ['A node does not do its work', '节点无法正常工作'],
  crash: ['A container starts and dies', '容器启动后退出'],
  probe: ['The probe and the application disagree', '探针与应用不一致'],
  sched: ['No node takes the Pod', '没有节点可以容纳该 Pod'],
  pvc: ['The claim gets no volume', '存储卷声明无法绑定'],
  admission: ['The API server refuses the Pod', 'API server 拒绝创建该 Pod'],
  workload: ['A rollout broke what worked', '一次发布使服务失败'],
  dns: ['Names do not resolve', '域名无法解析'],
};

const body = (code) => `## Meaning

The object named by **${code}** cannot do its work until the cause below is removed. Nothing else of the workload is at fault.

## How it shows

- Pods of the owner stay \`Pending\` or restart
- The event names the missing piece literally, for instance \`couldn't find key DB_URL\`

## What to look at

1. The event of the Pod, with its count
2. The last two revisions of the owner:

\`\`\`
kubectl -n shop rollout history deployment/cart
kubectl -n shop get configmap cart-config -o yaml
\`\`\`

## What to do

Undo the rollout if it brought the reference; add what is missing otherwise. See the [Kubernetes documentation](https://kubernetes.io/docs/concepts/configuration/configmap/).
`;

const body_zh = (code) => `## 含义

被 **${code}** 指出的对象在原因消除前无法工作；同一工作负载的其他部分没有问题。

## 表现

- 所属 Pod 停留在 \`Pending\` 或反复重启
- 事件会直接写明缺少的内容，例如 \`couldn't find key DB_URL\`

## 检查

1. 该 Pod 的事件及其次数
2. 所属工作负载最近的两个版本：

\`\`\`
kubectl -n shop rollout history deployment/cart
\`\`\`

## 处理

如果引用由最近一次发布引入，回退该发布；否则补上缺少的内容。
`;

export function makeKnowledge(incidents) {
  const codes = [...new Set(incidents.map(({ item }) => item.code).filter(Boolean))];
  const entries = codes.map((code) => {
    const family = code.split('.')[0];
    const [title, title_zh] = families[family] ?? [code, code];
    return { id: code, code, family, source: 'catalogue', title, title_zh, text: body(code), text_zh: body_zh(code), score: 1, snippet: title };
  });
  entries.push({
    id: 'doc-1',
    code: null,
    family: null,
    source: 'document',
    title: 'runbooks/registry.md',
    title_zh: 'runbooks/registry.md',
    text: `# Registry\n\nAsk the registry first: \`curl -I https://registry.edge.example/v2/\`\n\n> Uploaded text is data too: ${hostileTexts.slice(0, 9).join('\n> ')}\n`,
    text_zh: null,
    score: 0.4,
    snippet: 'Ask the registry first',
  });
  return entries;
}
