#include "diagnose/note.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 800

static const struct row {
    const char *code, *en, *zh;
} rows[N_NOTES] = {
    [NOTE_TAINT_ELSEWHERE] = { "sched.taint", "Taints keep the Pod off {nodes} only; other nodes are open to it",
                               "污点只挡住了 {nodes}，其他节点仍可用" },
    [NOTE_SELECTOR_MATCHES] = { "sched.node-selector", "The nodeSelector matches {nodes}",
                                "nodeSelector 能匹配到 {nodes}" },
    [NOTE_NONE_CORDONED] = { "sched.cordoned", "None of the nodes it may use is cordoned",
                             "可选节点中没有被 cordon 的" },
    [NOTE_QUOTA_FREE] = { "admission.quota", "No ResourceQuota of {namespace} is used up",
                          "{namespace} 的 ResourceQuota 都没有用尽" },
    [NOTE_IMAGE_PULLED] = { "image.not-found", "The image of {container} was pulled: the container has run",
                            "{container} 的镜像已成功拉取，容器运行过" },
    [NOTE_REGISTRY_ANSWERS] = { "image.registry-unreachable",
                                "{registry} answers: it says what is wrong with the request",
                                "{registry} 有应答，并说明了请求的问题" },
    [NOTE_NOT_OOM] = { "crash.oom",
                       "Not killed for lack of memory: {container} ended with exit code {exit_code}[, reason "
                       "{message}]",
                       "不是内存不足被杀：{container} 的退出码为 {exit_code}[，reason 为 {message}]" },
    [NOTE_NODE_WELL] = { "node.not-ready", "Node {node} is Ready and under no pressure",
                         "节点 {node} 处于 Ready，没有资源压力" },
    [NOTE_SERVICE_THERE] = { "svc.missing", "Service {service} exists", "Service {service} 存在" },
    [NOTE_SERVICE_ENDPOINTS] = { "svc.no-endpoints", "Service {service} has {count} ready endpoints",
                                 "Service {service} 有 {count} 个就绪端点" },
    [NOTE_DNS_WELL] = { "dns.coredns", "CoreDNS is ready: {count} endpoints answer",
                        "CoreDNS 正常，有 {count} 个就绪端点" },
    [NOTE_PROBE_PORT] = { "probe.wrong-port", "The probe reaches the process on port {port}: it gets an answer",
                          "探针能连到端口 {port} 上的进程并收到应答" },
    [NOTE_PROCESS_RUNS] = { "crash.app-error", "The process of {container} runs and has not ended on its own",
                            "{container} 的进程在运行，没有自行退出" },
    [NOTE_NO_CHANGE] = { "workload.bad-rollout", "{name} has only one revision: no rollout came before it",
                         "{name} 只有一个版本，此前没有发布" },
    [NOTE_OLD_CHANGE] = { "workload.bad-rollout", "The last rollout of {name} was at {since}, long before it began",
                          "{name} 上一次发布在 {since}，远早于故障开始" },
    [NOTE_CLAIM_BOUND] = { "pvc.no-matching-pv", "Its claims are bound", "所用的 PVC 均已绑定" },
    [NOTE_WAITS_FOR_CLAIM] = { "", "Pod {pod} cannot be scheduled until its claim is bound",
                               "Pod {pod} 要等 PVC 绑定后才能调度" },
    [NOTE_SHOWS_IT] = { "", "this is where it shows", "故障在此表现出来" },
    [NOTE_RUNS_ON] = { "", "runs on {node}, which does not work", "运行在故障节点 {node} 上" },
    [NOTE_NO_ENDPOINT] = { "", "Service {service} has no ready endpoint because of it",
                           "Service {service} 因此没有就绪端点" },
    [NOTE_NOT_AVAILABLE] = { "", "{available} of {total} Pods are available because of it",
                             "因此 {total} 个 Pod 中只有 {available} 个可用" },
    [NOTE_MOUNTS] = { "", "Pod {pod} waits for {ref}", "Pod {pod} 在等待 {ref}" },
    [NOTE_LOG_ABSENT] = { "", "There is no log of container {container}, so the cause it may name is not known",
                          "没有容器 {container} 的日志，无法得知其中记录的原因" },
    [NOTE_LOG_CUT] = { "", "The log of container {container} was cut; an earlier line may say more",
                       "容器 {container} 的日志被截断，更早的内容可能有更多线索" },
    [NOTE_SAME_ANSWER] = { "",
                           "This registry gives the same answer for an image that does not exist: the name may be "
                           "wrong as well",
                           "该仓库对不存在的镜像也给出同样的应答，也可能是镜像名写错" },
};

const char *note_text(struct arena *a, enum note_kind kind, bool zh, const struct catalog_param *params, size_t n)
{
    char text[TEXT_MAX];
    (void)catalog_render(zh ? rows[kind].zh : rows[kind].en, params, n, text, sizeof text);
    return arena_strdup(a, text);
}

const char *note_code(enum note_kind kind)
{
    return rows[kind].code;
}

static bool is_missing(enum note_kind kind)
{
    return kind == NOTE_LOG_ABSENT || kind == NOTE_LOG_CUT || kind == NOTE_SAME_ANSWER;
}

void note_add(struct run *r, enum note_kind kind, const char *subject, const struct catalog_param *params, size_t n)
{
    if (r->n_notes == r->notes_room) {
        if (r->notes_room >= NOTES_MAX) {
            r->refused++;
            return;
        }
        size_t room = r->notes_room ? r->notes_room * 2 : 64;
        struct note *more = ARENA_ARRAY(r->a, struct note, room);
        if (r->n_notes)
            memcpy(more, r->notes, r->n_notes * sizeof *more);
        r->notes = more;
        r->notes_room = room;
    }
    r->notes[r->n_notes++] = (struct note){
        .subject = subject,
        .code = rows[kind].code,
        .why = note_text(r->a, kind, false, params, n),
        .why_zh = note_text(r->a, kind, true, params, n),
        .missing = is_missing(kind),
    };
}

void note_victim(struct run *r, struct finding *f, enum note_kind kind)
{
    struct catalog_param params[FINDING_PARAMS_MAX];
    size_t n = finding_params(f, false, params);
    f->why = note_text(r->a, kind, false, params, n);
    f->why_zh = note_text(r->a, kind, true, params, n);
}

static int by_subject(const void *left, const void *right)
{
    const struct note *a = left, *b = right;
    int order = strcmp(a->subject, b->subject);
    if (order == 0)
        order = strcmp(a->code, b->code);
    return order ? order : strcmp(a->why, b->why);
}

void notes_sort(struct run *r)
{
    if (r->n_notes > 0)
        qsort(r->notes, r->n_notes, sizeof *r->notes, by_subject);
}

size_t notes_of(const struct run *r, const char *subject)
{
    size_t low = 0, high = r->n_notes;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(r->notes[middle].subject, subject) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}
