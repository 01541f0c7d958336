#include "evidence/redact_kind.h"

#include <pthread.h>
#include <string.h>

#include "base/str.h"

#define ADDRESS true

/* Longer prefixes stand before the shorter ones that they begin with. */
const struct redact_kind redact_kinds[] = {
    { "adobe-client-secret", "p8e-", REDACT_WORD, 32, 32 },
    { "age-secret-key", "AGE-SECRET-KEY-1", REDACT_UPPER, 58, 58 },
    { "alibaba-access-key", "LTAI", REDACT_WORD, 12, 26 },
    { "anthropic-key", "sk-ant-", REDACT_TOKEN, 32, 0 },
    { "artifactory-key", "AKCp", REDACT_WORD, 60, 80 },
    { "atlassian-token", "ATATT3", REDACT_TOKEN, 60, 0 },
    { "aws-access-key", "AKIA", REDACT_UPPER, 16, 16 },
    { "aws-access-key", "ASIA", REDACT_UPPER, 16, 16 },
    { "aws-access-key", "ABIA", REDACT_UPPER, 16, 16 },
    { "aws-access-key", "ACCA", REDACT_UPPER, 16, 16 },
    { "azure-signature", "sig=", REDACT_PATH, 40, 0 },
    { "bitbucket-password", "ATBB", REDACT_WORD, 28, 40 },
    { "clojars-token", "CLOJARS_", REDACT_WORD, 60, 60 },
    { "databricks-token", "dapi", REDACT_HEX, 32, 32 },
    { "digitalocean-token", "dop_v1_", REDACT_HEX, 64, 64 },
    { "digitalocean-token", "doo_v1_", REDACT_HEX, 64, 64 },
    { "digitalocean-token", "dor_v1_", REDACT_HEX, 64, 64 },
    { "dingtalk-webhook", "https://oapi.dingtalk.com/robot/send?access_token=", REDACT_WORD, 16, 0, ADDRESS },
    { "discord-webhook", "https://discord.com/api/webhooks/", REDACT_PATH, 20, 0, ADDRESS },
    { "docker-token", "dckr_pat_", REDACT_TOKEN, 20, 0 },
    { "docker-token", "dckr_oat_", REDACT_TOKEN, 20, 0 },
    { "doppler-token", "dp.pt.", REDACT_WORD, 40, 44 },
    { "doppler-token", "dp.st.", REDACT_DOTTED, 40, 0 },
    { "doppler-token", "dp.ct.", REDACT_WORD, 40, 44 },
    { "dynatrace-token", "dt0c01.", REDACT_DOTTED, 80, 0 },
    { "easypost-key", "EZAK", REDACT_WORD, 54, 54 },
    { "easypost-key", "EZTK", REDACT_WORD, 54, 54 },
    { "feishu-webhook", "https://open.feishu.cn/open-apis/bot/v2/hook/", REDACT_TOKEN, 16, 0, ADDRESS },
    { "feishu-webhook", "https://open.larksuite.com/open-apis/bot/v2/hook/", REDACT_TOKEN, 16, 0, ADDRESS },
    { "figma-token", "figd_", REDACT_TOKEN, 38, 0 },
    { "flutterwave-key", "FLWSECK_", REDACT_TOKEN, 12, 0 },
    { "flyio-token", "fo1_", REDACT_TOKEN, 40, 0 },
    { "frameio-token", "fio-u-", REDACT_TOKEN, 64, 64 },
    { "github-token", "github_pat_", REDACT_TOKEN, 22, 0 },
    { "github-token", "ghp_", REDACT_WORD, 30, 0 },
    { "github-token", "gho_", REDACT_WORD, 30, 0 },
    { "github-token", "ghu_", REDACT_WORD, 30, 0 },
    { "github-token", "ghs_", REDACT_WORD, 30, 0 },
    { "github-token", "ghr_", REDACT_WORD, 30, 0 },
    { "gitlab-token", "glpat-", REDACT_DOTTED, 20, 0 },
    { "gitlab-token", "glptt-", REDACT_TOKEN, 20, 0 },
    { "gitlab-token", "gldt-", REDACT_TOKEN, 20, 0 },
    { "gitlab-token", "glrt-", REDACT_DOTTED, 20, 0 },
    { "gitlab-token", "glcbt-", REDACT_TOKEN, 20, 0 },
    { "gitlab-token", "glagent-", REDACT_TOKEN, 20, 0 },
    { "gitlab-token", "gloas-", REDACT_TOKEN, 20, 0 },
    { "gitlab-token", "glsoat-", REDACT_TOKEN, 20, 0 },
    { "google-api-key", "AIza", REDACT_TOKEN, 35, 35 },
    { "google-oauth-secret", "GOCSPX-", REDACT_TOKEN, 20, 0 },
    { "google-oauth-token", "ya29.", REDACT_TOKEN, 20, 0 },
    { "grafana-token", "glsa_", REDACT_TOKEN, 32, 0 },
    { "grafana-token", "glc_", REDACT_BASE64, 32, 0 },
    { "groq-key", "gsk_", REDACT_WORD, 40, 0 },
    { "heroku-key", "HRKU-", REDACT_TOKEN, 36, 0 },
    { "huggingface-token", "hf_", REDACT_WORD, 30, 0 },
    { "linear-key", "lin_api_", REDACT_WORD, 32, 0 },
    { "mailgun-key", "key-", REDACT_HEX, 32, 32 },
    { "newrelic-key", "NRAK-", REDACT_UPPER, 27, 27 },
    { "newrelic-key", "NRII-", REDACT_TOKEN, 32, 32 },
    { "newrelic-key", "NRJS-", REDACT_HEX, 19, 19 },
    { "notion-token", "ntn_", REDACT_WORD, 40, 0 },
    { "npm-token", "npm_", REDACT_WORD, 36, 36 },
    { "nuget-key", "oy2", REDACT_WORD, 43, 43 },
    { "onepassword-token", "ops_eyJ", REDACT_BASE64, 100, 0 },
    { "openai-key", "sk-proj-", REDACT_TOKEN, 20, 0 },
    { "openai-key", "sk-svcacct-", REDACT_TOKEN, 20, 0 },
    { "openai-key", "sk-admin-", REDACT_TOKEN, 20, 0 },
    { "openai-key", "sk-", REDACT_WORD, 32, 0 },
    { "openshift-token", "sha256~", REDACT_TOKEN, 43, 43 },
    { "perplexity-key", "pplx-", REDACT_WORD, 48, 0 },
    { "planetscale-token", "pscale_tkn_", REDACT_DOTTED, 32, 0 },
    { "planetscale-token", "pscale_oauth_", REDACT_DOTTED, 32, 0 },
    { "planetscale-password", "pscale_pw_", REDACT_DOTTED, 32, 0 },
    { "postman-key", "PMAK-", REDACT_TOKEN, 59, 59 },
    { "prefect-key", "pnu_", REDACT_WORD, 36, 36 },
    { "pulumi-token", "pul-", REDACT_HEX, 40, 40 },
    { "pypi-token", "pypi-AgE", REDACT_TOKEN, 50, 0 },
    { "replicate-token", "r8_", REDACT_WORD, 37, 37 },
    { "rubygems-key", "rubygems_", REDACT_HEX, 48, 48 },
    { "sendgrid-key", "SG.", REDACT_DOTTED, 60, 0 },
    { "sentry-token", "sntrys_", REDACT_BASE64, 50, 0 },
    { "sentry-token", "sntryu_", REDACT_HEX, 64, 64 },
    { "shopify-token", "shpat_", REDACT_HEX, 32, 32 },
    { "shopify-token", "shpca_", REDACT_HEX, 32, 32 },
    { "shopify-token", "shppa_", REDACT_HEX, 32, 32 },
    { "shopify-token", "shpss_", REDACT_HEX, 32, 32 },
    { "slack-token", "xoxb-", REDACT_TOKEN, 20, 0 },
    { "slack-token", "xoxp-", REDACT_TOKEN, 20, 0 },
    { "slack-token", "xoxa-", REDACT_TOKEN, 20, 0 },
    { "slack-token", "xoxr-", REDACT_TOKEN, 20, 0 },
    { "slack-token", "xoxs-", REDACT_TOKEN, 20, 0 },
    { "slack-token", "xapp-", REDACT_TOKEN, 20, 0 },
    { "slack-webhook", "https://hooks.slack.com/services/", REDACT_PATH, 20, 0, ADDRESS },
    { "sourcegraph-token", "sgp_", REDACT_TOKEN, 40, 0 },
    { "square-token", "sq0atp-", REDACT_TOKEN, 22, 0 },
    { "square-token", "sq0csp-", REDACT_TOKEN, 43, 0 },
    { "stripe-key", "sk_live_", REDACT_WORD, 16, 0 },
    { "stripe-key", "sk_test_", REDACT_WORD, 16, 0 },
    { "stripe-key", "rk_live_", REDACT_WORD, 16, 0 },
    { "stripe-key", "rk_test_", REDACT_WORD, 16, 0 },
    { "stripe-key", "whsec_", REDACT_BASE64, 24, 0 },
    { "supabase-key", "sbp_", REDACT_HEX, 40, 40 },
    { "supabase-key", "sb_secret_", REDACT_TOKEN, 20, 0 },
    { "tailscale-key", "tskey-", REDACT_TOKEN, 20, 0 },
    { "teams-webhook", "https://outlook.office.com/webhook/", REDACT_PATH, 36, 0, ADDRESS },
    { "tencent-secret-id", "AKID", REDACT_WORD, 32, 32 },
    { "twilio-key", "SK", REDACT_HEX, 32, 32 },
    { "vault-token", "hvs.", REDACT_TOKEN, 24, 0 },
    { "vault-token", "hvb.", REDACT_TOKEN, 24, 0 },
    { "vault-token", "hvr.", REDACT_TOKEN, 24, 0 },
    { "wecom-webhook", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=", REDACT_TOKEN, 16, 0, ADDRESS },
};
const size_t redact_kinds_count = COUNT(redact_kinds);

static const char *const alphabets[REDACT_ALPHABETS] = {
    [REDACT_DIGITS] = "0123456789",
    [REDACT_HEX] = "0123456789abcdef",
    [REDACT_UPPER] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
    [REDACT_WORD] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
    [REDACT_TOKEN] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-",
    [REDACT_DOTTED] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.",
    [REDACT_BASE64] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=",
    [REDACT_PATH] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./%+=",
};

/* One byte a character: which alphabets it belongs to, and which rows of the table begin with it. */
static unsigned char members[256];
static unsigned char first_row[256], rows_of[256]; /* of by_first */
static unsigned char by_first[COUNT(redact_kinds)];

static void build(void)
{
    _Static_assert(REDACT_ALPHABETS <= 8 && COUNT(redact_kinds) < 255, "the tables below hold bytes");
    for (int a = 0; a < REDACT_ALPHABETS; a++)
        for (const char *c = alphabets[a]; *c; c++)
            members[(unsigned char)*c] |= (unsigned char)(1u << a);
    size_t used = 0;
    for (int c = 0; c < 256; c++) {
        first_row[c] = (unsigned char)used;
        for (size_t i = 0; i < COUNT(redact_kinds); i++)
            if ((unsigned char)redact_kinds[i].prefix[0] == c)
                by_first[used++] = (unsigned char)i;
        rows_of[c] = (unsigned char)(used - first_row[c]);
    }
}

static void need_tables(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, build);
}

size_t redact_gap(const char *text, size_t size)
{
    need_tables();
    size_t n = 0;
    while (n < size && text[n] != ':' && !(members[(unsigned char)text[n]] >> REDACT_TOKEN & 1))
        n++;
    return n;
}

size_t redact_span(enum redact_alphabet alphabet, const char *text, size_t size, size_t max)
{
    need_tables();
    size_t n = 0;
    while (n < size && n < max && (members[(unsigned char)text[n]] >> alphabet & 1))
        n++;
    return n;
}

const struct redact_kind *redact_kind_at(const char *text, size_t size, size_t *length)
{
    need_tables();
    unsigned char c = (unsigned char)text[0];
    for (size_t i = first_row[c]; i < (size_t)first_row[c] + rows_of[c]; i++) {
        const struct redact_kind *k = &redact_kinds[by_first[i]];
        if (size < 2 || k->prefix[1] != text[1]) /* most end here; every prefix has two characters */
            continue;
        size_t prefix = strlen(k->prefix);
        if (prefix >= size || memcmp(text, k->prefix, prefix))
            continue;
        size_t tail = redact_span(k->alphabet, text + prefix, size - prefix, k->max ? (size_t)k->max + 1 : size);
        if (tail < k->min || (k->max && tail > k->max))
            continue;
        *length = prefix + tail;
        return k;
    }
    return NULL;
}
