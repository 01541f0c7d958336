/* Pulling images: what the registry says, and how the kubelet keeps trying. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "sim/kubelet.h"
#include "sim/node.h"

#define BACK_OFF_FIRST_MS 10000
#define BACK_OFF_MOST_MS  300000
#define ANSWER_MS         30 /* of a registry that refuses */
#define NOTICE_MS         700

static const char *const codes[] = {
    [PULL_WORKS] = NULL,
    [PULL_NOT_FOUND] = "image.not-found",
    [PULL_UNAUTHORIZED] = "image.auth",
    [PULL_NO_HOST] = "image.registry-unreachable",
    [PULL_NO_ANSWER] = "image.registry-unreachable",
    [PULL_RATE_LIMITED] = "image.rate-limited",
    [PULL_NO_PLATFORM] = "image.wrong-arch",
    [PULL_INVALID_NAME] = "image.invalid-name",
    [PULL_NEVER] = "image.never-pull",
};

/* How containerd words it: %1$s the reference, %2$s the registry, %3$s the repository, %4$s the tag. */
static const char *const errors[] = {
    [PULL_NOT_FOUND] = "rpc error: code = NotFound desc = failed to pull and unpack image \"%1$s\": failed to resolve "
                       "image: %1$s: not found",
    [PULL_UNAUTHORIZED] =
        "rpc error: code = Unknown desc = failed to pull and unpack image \"%1$s\": failed to resolve image: pull "
        "access denied, repository "
        "does not exist or may require authorization: authorization failed: no basic auth credentials",
    [PULL_NO_HOST] = "rpc error: code = Unknown desc = failed to pull and unpack image \"%1$s\": failed to resolve "
                     "image: failed to do request: Head "
                     "\"https://%2$s/v2/%3$s/manifests/%4$s\": dial tcp: lookup %2$s on 10.96.0.10:53: no such host",
    [PULL_NO_ANSWER] = "rpc error: code = DeadlineExceeded desc = failed to pull and unpack image \"%1$s\": failed to "
                       "resolve image: failed to do request: "
                       "Head \"https://%2$s/v2/%3$s/manifests/%4$s\": dial tcp 10.0.0.9:443: i/o timeout",
    [PULL_RATE_LIMITED] = "rpc error: code = Unknown desc = failed to pull and unpack image \"%1$s\": failed to "
                          "resolve image: unexpected status from HEAD "
                          "request to https://%2$s/v2/%3$s/manifests/%4$s: 429 Too Many Requests: toomanyrequests: You "
                          "have reached your unauthenticated "
                          "pull rate limit. https://www.docker.com/increase-rate-limit",
    [PULL_NO_PLATFORM] = "rpc error: code = NotFound desc = failed to pull and unpack image \"%1$s\": no match for "
                         "platform in manifest: not found",
};

struct reference {
    char registry[128], repository[128], tag[64];
};

static struct reference split(const char *image)
{
    struct reference r = { .registry = "registry-1.docker.io", .tag = "latest" };
    const char *slash = strchr(image, '/'), *rest = image;
    if (slash && memchr(image, '.', (size_t)(slash - image))) {
        str_copy(r.registry,
                 (size_t)(slash - image) + 1 < sizeof r.registry ? (size_t)(slash - image) + 1 : sizeof r.registry,
                 image);
        rest = slash + 1;
    }
    const char *colon = strrchr(rest, ':');
    size_t size = colon ? (size_t)(colon - rest) : strlen(rest);
    str_copy(r.repository, size + 1 < sizeof r.repository ? size + 1 : sizeof r.repository, rest);
    if (colon)
        str_copy(r.tag, sizeof r.tag, colon + 1);
    return r;
}

static bool name_is_invalid(const char *image)
{
    struct reference r = split(image);
    for (const char *c = r.repository; *c; c++)
        if (isupper((unsigned char)*c))
            return true;
    return false;
}

static enum pull trouble_of(const struct plan_container *plan)
{
    return name_is_invalid(plan->image) ? PULL_INVALID_NAME : plan->pull;
}

static char *error_text(const struct plan_container *plan)
{
    struct reference r = split(plan->image);
    enum pull trouble = trouble_of(plan);
    if (trouble == PULL_INVALID_NAME)
        return str_printf("Failed to apply default image tag \"%s\": couldn't parse image name \"%s\": invalid "
                          "reference format: repository name (%s) must be "
                          "lowercase",
                          plan->image, plan->image, r.repository);
    if (trouble == PULL_NEVER)
        return str_printf("Container image \"%s\" is not present with pull policy of Never", plan->image);
    struct buf text = { 0 };
    for (const char *f = errors[trouble]; *f; f++) { /* not printf: a reference of the script is no format */
        const char *const parts[] = { plan->image, r.registry, r.repository, r.tag };
        if (f[0] == '%' && f[1] >= '1' && f[1] <= '4' && f[2] == '$' && f[3] == 's') {
            buf_str(&text, parts[f[1] - '1']);
            f += 3;
        } else {
            buf_char(&text, *f);
        }
    }
    return buf_take(&text, NULL);
}

static void pull(struct container *c);

/* Not to be pulled at all: a name that is none, or policy Never. */
static void on_hopeless(void *arg)
{
    struct container *c = arg;
    const struct plan_container *plan = container_plan(c);
    enum pull trouble = trouble_of(plan);
    if (trouble != PULL_INVALID_NAME && trouble != PULL_NEVER) {
        image_ensure(c);
        return;
    }
    AUTO_FREE char *error = error_text(plan);
    const char *waiting = trouble == PULL_NEVER ? "ErrImageNeverPull" : "InvalidImageName";
    container_say(c, WARNING, trouble == PULL_NEVER ? waiting : "InspectFailed", "%s", error);
    container_say(c, WARNING, "Failed", "Error: %s", waiting);
    container_wait(c, waiting, "%s", error);
    pod_failed(c->pod, codes[trouble], NULL);
    pod_publish(c->pod);
    container_after(c, KUBELET_SYNC_MS, on_hopeless);
}

/* Between two pulls the kubelet says so at each sync. */
static void on_back_off(void *arg)
{
    struct container *c = arg;
    const struct plan_container *plan = container_plan(c);
    if (c->pod->world->now_ms >= c->pull_until_ms || plan->pull == PULL_WORKS) {
        pull(c);
        return;
    }
    AUTO_FREE char *error = error_text(plan);
    container_say(c, NORMAL, "BackOff", "Back-off pulling image \"%s\"", plan->image);
    container_say(c, WARNING, "Failed", "Error: ImagePullBackOff");
    container_wait(c, "ImagePullBackOff", "Back-off pulling image \"%s\": ErrImagePull: %s", plan->image, error);
    pod_publish(c->pod);
    container_after(c, KUBELET_SYNC_MS, on_back_off);
}

static void on_refused(void *arg)
{
    struct container *c = arg;
    const struct plan_container *plan = container_plan(c);
    if (plan->pull == PULL_WORKS) {
        pull(c);
        return;
    }
    AUTO_FREE char *error = error_text(plan);
    container_say(c, WARNING, "Failed", "Failed to pull image \"%s\": %s", plan->image, error);
    container_say(c, WARNING, "Failed", "Error: ErrImagePull");
    container_wait(c, "ErrImagePull", "%s", error);
    c->pull_back_off_ms = c->pull_back_off_ms ? 2 * c->pull_back_off_ms : BACK_OFF_FIRST_MS;
    if (c->pull_back_off_ms > BACK_OFF_MOST_MS)
        c->pull_back_off_ms = BACK_OFF_MOST_MS;
    c->pull_until_ms = c->pod->world->now_ms + world_scaled(c->pod->world, c->pull_back_off_ms);
    pod_failed(c->pod, codes[plan->pull], NULL);
    pod_publish(c->pod);
    container_after(c, NOTICE_MS, on_back_off);
}

static void on_pulled(void *arg)
{
    struct container *c = arg;
    const struct plan_container *plan = container_plan(c);
    container_say(c, NORMAL, "Pulled",
                  "Successfully pulled image \"%s\" in %lldms (%lldms including waiting). Image size: 1147820 bytes.",
                  plan->image, (long long)plan->pull_ms, (long long)plan->pull_ms);
    node_add_image(c->pod->node, plan->image);
    c->pull_back_off_ms = 0;
    container_create(c);
}

static void pull(struct container *c)
{
    const struct plan_container *plan = container_plan(c);
    container_say(c, NORMAL, "Pulling", "Pulling image \"%s\"", plan->image);
    if (plan->pull == PULL_WORKS)
        container_after(c, plan->pull_ms, on_pulled);
    else
        container_after(c, ANSWER_MS, on_refused);
}

void image_ensure(struct container *c)
{
    const struct plan_container *plan = container_plan(c);
    enum pull trouble = trouble_of(plan);
    if (trouble == PULL_INVALID_NAME || trouble == PULL_NEVER) {
        on_hopeless(c);
    } else if (trouble == PULL_WORKS && node_has_image(c->pod->node, plan->image)) {
        container_say(c, NORMAL, "Pulled",
                      "Container image \"%s\" already present on machine and can be accessed by the pod", plan->image);
        container_create(c);
    } else {
        pull(c);
    }
}
