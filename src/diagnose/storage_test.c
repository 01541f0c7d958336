#include "diagnose/case_test.h"

#define CLAIM(spec)                                                                                                    \
    OBJECT("PersistentVolumeClaim", META("data"),                                                                      \
           "'accessModes':['ReadWriteOnce'],'resources':{'requests':{'storage':'10Gi'}}" spec, "'phase':'Pending'")
#define VOLUME(name, spec, status) OBJECT("PersistentVolume", META_ALONE(name), spec, status)
#define CLASS(name, more)                                                                                              \
    "{'kind':'StorageClass','metadata':{'name':'" name "'},'provisioner':'csi.example.com'" more "}"
#define FITTING(size) "'accessModes':['ReadWriteOnce'],'capacity':{'storage':'" size "'}"
#define MOUNTING(spec)                                                                                                 \
    POD("db",                                                                                                          \
        "'nodeName':'n1','volumes':[{'name':'d','persistentVolumeClaim':{'claimName':'data'}}]" spec                   \
        ",'containers':[{'name':'c','image':'a'}]",                                                                    \
        WAITING("ContainerCreating", ""))
#define NO_VOLUME                                                                                                      \
    .events = "Normal|persistentvolumeclaim/shop/data|FailedBinding|no persistent volumes available for this claim "   \
              "and no storage class is set"

static void claims_and_volumes_that_do_not_come(void **state)
{
    (void)state;
    static const struct case_ cases[] = {
        { "class", CLAIM(",'storageClassName':'fast-ssd'") "," CLASS("fast-sd", ""),
          .events = "Warning|persistentvolumeclaim/shop/data|ProvisioningFailed|storageclass.storage.k8s.io "
                    "\"fast-ssd\" not found",
          .lists = "storageclass/", .code = "pvc.storageclass", .object = "persistentvolumeclaim/shop/data",
          .phrase = "fast-ssd does not exist, nearest is fast-sd" },
        { "class, before any event", CLAIM(",'storageClassName':'fast-ssd'"), .absent = "storageclass//fast-ssd",
          .code = "pvc.storageclass", .object = "persistentvolumeclaim/shop/data" },
        { "class that only volumes carry",
          CLAIM(",'storageClassName':'manual'") "," VOLUME("pv1", "'storageClassName':'manual'," FITTING("5Gi"),
                                                           "'phase':'Available'"),
          .events = "Warning|persistentvolumeclaim/shop/data|ProvisioningFailed|storageclass.storage.k8s.io "
                    "\"manual\" not found",
          .lists = "storageclass/", .code = "pvc.no-matching-pv", .object = "persistentvolumeclaim/shop/data",
          .phrase = "pv1 differs in capacity: 5Gi instead of 10Gi" },
        { "a volume by name that is not there", CLAIM(",'volumeName':'pv9'"), .absent = "persistentvolume//pv9",
          .code = "pvc.no-matching-pv", .object = "persistentvolumeclaim/shop/data",
          .phrase = "it names pv9, which does not exist" },
        { "the first consumer waits, and nothing makes volumes",
          CLAIM(",'storageClassName':'local'") ","
                                               "{'kind':'StorageClass','metadata':{'name':'local'},'provisioner':'"
                                               "kubernetes.io/no-provisioner','"
                                               "volumeBindingMode':'WaitForFirstConsumer'}," POD(
                                                   "db",
                                                   "'volumes':[{'name':'d','persistentVolumeClaim':{'claimName':'data'}"
                                                   "}],'containers':[{'name':'c'}]",
                                                   "'phase':'Pending','conditions':[" NOT_READY "]"),
          .events = "Warning|pod/shop/db|FailedScheduling|0/1 nodes are available: 1 node(s) didn't find available "
                    "persistent volumes to bind.",
          .lists = "persistentvolume/", .code = "pvc.no-matching-pv", .object = "persistentvolumeclaim/shop/data" },
        { "no volume at all", CLAIM(""), NO_VOLUME, .code = "pvc.no-matching-pv",
          .object = "persistentvolumeclaim/shop/data", .phrase = "no PersistentVolume fits it" },
        { "a volume that is too small", CLAIM("") "," VOLUME("pv1", FITTING("5Gi"), "'phase':'Available'"), NO_VOLUME,
          .code = "pvc.no-matching-pv", .object = "persistentvolumeclaim/shop/data",
          .phrase = "pv1 differs in capacity: 5Gi instead of 10Gi" },
        { "a volume with another mode",
          CLAIM("") "," VOLUME("pv1", "'accessModes':['ReadOnlyMany'],'capacity':{'storage':'50Gi'}",
                               "'phase':'Available'"),
          NO_VOLUME, .code = "pvc.no-matching-pv", .object = "persistentvolumeclaim/shop/data",
          .phrase = "accessModes: ReadOnlyMany instead of ReadWriteOnce" },
        { "a volume that somebody else has",
          CLAIM("") "," VOLUME("pv1", FITTING("10Gi") ",'claimRef':{'namespace':'old','name':'data'}",
                               "'phase':'Released'"),
          NO_VOLUME, .code = "pvc.pv-occupied", .object = "persistentvolumeclaim/shop/data",
          .phrase = "volume pv1 is held by persistentvolumeclaim/old/data" },
        { "the volume asked for is taken",
          CLAIM(",'volumeName':'pv1'") "," VOLUME(
              "pv1", FITTING("10Gi") ",'claimRef':{'namespace':'shop','name':'other'}", "'phase':'Bound'"),
          .code = "pvc.pv-occupied", .object = "persistentvolumeclaim/shop/data",
          .phrase = "persistentvolumeclaim/shop/other" },
        { "provisioner", CLAIM(",'storageClassName':'fast'") "," CLASS("fast", ""),
          .events = "Warning|persistentvolumeclaim/shop/data|ProvisioningFailed|failed to provision volume: rpc error: "
                    "quota exceeded",
          .code = "pvc.provisioning-failed", .object = "persistentvolumeclaim/shop/data",
          .phrase = "(class fast): failed to provision volume" },
        { "a provisioner that is not there", CLAIM(",'storageClassName':'fast'") "," CLASS("fast", ""),
          .events = "Normal|persistentvolumeclaim/shop/data|ExternalProvisioning|waiting for a volume to be created, "
                    "either by external provisioner \"csi.example.com\" or manually",
          .code = "pvc.provisioning-failed", .object = "persistentvolumeclaim/shop/data",
          .phrase = "external provisioner" },
        { "lost", OBJECT("PersistentVolumeClaim", META("data"), "'volumeName':'pv9'", "'phase':'Lost'"),
          .code = "pvc.no-matching-pv", .object = "persistentvolumeclaim/shop/data" },
        { "growth",
          OBJECT("PersistentVolumeClaim", META("data"), "'resources':{'requests':{'storage':'20Gi'}}",
                 "'phase':'Bound','capacity':{'storage':'10Gi'}"),
          .events = "Warning|persistentvolumeclaim/shop/data|VolumeResizeFailed|resize volume failed: not supported",
          .code = "volume.resize-failed", .object = "persistentvolumeclaim/shop/data",
          .phrase = "from 10Gi to 20Gi: resize volume failed" },
        { "attached elsewhere",
          MOUNTING("") ",{'kind':'VolumeAttachment','metadata':{'name':'va1'},'spec':{'nodeName':'n2','source':{'"
                       "persistentVolumeName':'pvc-1'}}}",
          .events = "Warning|pod/shop/db|FailedAttachVolume|Multi-Attach error for volume \"pvc-1\" Volume is already "
                    "exclusively attached to one node",
          .code = "volume.multi-attach", .object = "pod/shop/db",
          .phrase = "volume pvc-1 is still attached to another node, n2" },
        { "attach", MOUNTING(""),
          .events = "Warning|pod/shop/db|FailedAttachVolume|AttachVolume.Attach failed for volume \"pvc-1\" : rpc "
                    "error: code = Internal desc = cloud says no",
          .code = "volume.attach-timeout", .object = "pod/shop/db", .phrase = "cloud says no" },
        { "mount", MOUNTING(""),
          .events = "Warning|pod/shop/db|FailedMount|MountVolume.SetUp failed for volume \"d\" : mount failed: exit "
                    "status 32: mount.nfs: Connection refused",
          .code = "volume.mount-failed", .object = "pod/shop/db", .phrase = "volume d cannot be mounted on n1" },
        { "claim of a Pod", MOUNTING(""),
          .events =
              "Warning|pod/shop/db|FailedMount|MountVolume.NewMounter failed: persistentvolumeclaim \"data\" not found",
          .code = "pvc.missing", .object = "persistentvolumeclaim/shop/data", .phrase = "shop/data does not exist" },
    };
    case_expect(cases, COUNT(cases));
}

static void a_claim_that_waits_for_its_first_pod_is_well(void **state)
{
    (void)state;
    static const struct case_ cases[] = {
        { "said", CLAIM(",'storageClassName':'fast'") "," CLASS("fast", ",'volumeBindingMode':'WaitForFirstConsumer'"),
          .events = "Normal|persistentvolumeclaim/shop/data|WaitForFirstConsumer|waiting for first consumer to be "
                    "created before binding",
          .lists = "persistentvolume/ storageclass/" },
        { "not said yet",
          CLAIM(",'storageClassName':'fast'") "," CLASS("fast", ",'volumeBindingMode':'WaitForFirstConsumer'"),
          .lists = "persistentvolume/ storageclass/" },
        { "a provisioner is at work", CLAIM(",'storageClassName':'fast'") "," CLASS("fast", ""),
          .lists = "persistentvolume/ storageclass/" },
    };
    case_expect_none(cases, COUNT(cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(claims_and_volumes_that_do_not_come),
        cmocka_unit_test(a_claim_that_waits_for_its_first_pod_is_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
