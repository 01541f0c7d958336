#include "ctl/words.h"

static const struct {
    const char *word, *zh;
} words[] = {
    { "critical", "致命" },  { "high", "严重" },     { "medium", "中等" },    { "low", "轻微" },      { "info", "提示" },      { "open", "未恢复" },       { "closed", "已关闭" },
    { "online", "在线" },    { "degraded", "降级" }, { "offline", "离线" },   { "pending", "待接纳" }, { "refused", "已拒绝" }, { "healthy", "健康" },    { "unhealthy", "不健康" },
    { "unknown", "未知" },   { "running", "运行中" }, { "busy", "繁忙" },     { "stuck", "卡住" },
    { "auto", "自动" },      { "manual", "人工" },   { "none", "未启用" },
};

const char *words_tr(const struct ctl *c, const char *word)
{
    for (size_t i = 0; c->zh && word && i < COUNT(words); i++)
        if (str_eq(words[i].word, word))
            return words[i].zh;
    return word;
}
