#include "ctl/commands.h"

#include <string.h>

#define EVERY "server output lang colour timeout config help"

const struct command commands[] = {
    { "clusters", "", 0, 0, "limit watch", "All clusters: connection, health, open incidents.", "所有集群：连接、健康、未恢复的故障。", cmd_clusters },
    { "cluster", "[accept|refuse] CLUSTER", 1, 2, "watch reason", "One cluster: link, freshness, rights, nodes; or the answer to one that waits.", "单个集群：连接、数据新鲜度、权限、节点；或接纳、拒绝一个等待中的集群。", cmd_cluster,
      .words = "accept refuse" },
    { "incidents", "", 0, 0, "cluster namespace state severity code family since query limit watch", "What is wrong, one line a cause.", "当前的问题，每个根因一行。",
      cmd_incidents },
    { "incident", "ID", 1, 1, "watch", "Why it is wrong, the proof, and what to do.", "故障的根因、证据和处理办法。", cmd_incident },
    { "report", "ID", 1, 1, "format", "The report of an incident.", "故障的报告。", cmd_report },
    { "events", "", 0, 0, "cluster namespace kind name reason severity type since until query limit watch", "Stored events, newest last; --watch follows them.",
      "已保存的事件，最新的在最后；--watch 持续跟踪。", cmd_events },
    { "gaps", "", 0, 0, "cluster limit", "What was not seen, and why.", "没有收到的数据，以及原因。", cmd_gaps },
    { "command", "CLUSTER -- VERB [ARG...]", 2, ARGS_ANY, "", "Runs a diagnostic command in a cluster: -- logs pod/x -n shop.", "在集群中执行诊断命令：-- logs pod/x -n shop。", cmd_command },
    { "knowledge", "WORDS|ID", 1, ARGS_ANY, "limit", "Searches the knowledge base, or shows an entry.", "搜索知识库，或显示一个条目。", cmd_knowledge },
    { "diagnose", "", 0, 0, "kubeconfig context namespace object bundle save", "Finds causes right here: no central, no agent.", "就地诊断：不需要 central，也不需要 agent。", cmd_diagnose },
    { "doctor", "", 0, 0, "kubeconfig context namespace", "Checks central and its clusters; with --kubeconfig a cluster's API and rights.",
      "检查 central 和它的集群；加 --kubeconfig 则检查集群的 API 和权限。", cmd_doctor },
    { "status", "", 0, 0, "watch", "Central itself: services, NATS, settings.", "central 自身：服务、NATS、设置。", cmd_status },
    { "completion", "bash", 1, 1, "", "Prints a completion script: source <(aetherctl completion bash).", "输出补全脚本：source <(aetherctl completion bash)。", cmd_completion },
    { "version", "", 0, 0, "", "Versions of this program and of central.", "本程序和 central 的版本。", cmd_version },
};
const size_t commands_count = COUNT(commands);

const struct command *commands_find(const char *name)
{
    for (size_t i = 0; i < commands_count; i++)
        if (str_eq(commands[i].name, name))
            return &commands[i];
    return NULL;
}

static bool is_listed(const char *list, const char *name)
{
    size_t size = strlen(name);
    for (const char *at = list; *at;) {
        size_t n = strcspn(at, " ");
        if (n == size && memcmp(at, name, n) == 0)
            return true;
        at += n + strspn(at + n, " ");
    }
    return false;
}

bool commands_takes(const struct command *command, const char *option)
{
    return is_listed(EVERY, option) || is_listed(command->options, option);
}

const char *commands_nearest(const char *name)
{
    const char *names[COUNT(commands)];
    for (size_t i = 0; i < commands_count; i++)
        names[i] = commands[i].name;
    return str_nearest(name, names, commands_count);
}
