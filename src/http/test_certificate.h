/* A certificate for tests: self-signed, for api.test and 127.0.0.1, valid for a hundred years, its key known to everybody. */
#pragma once

[[maybe_unused]] static const char test_key[] = "-----BEGIN PRIVATE KEY-----\n"
                                                "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQggmwFl0MsYNOzWdEu\n"
                                                "BjuZdKoyyahbdnEh/gT1nk7rln2hRANCAASaeOMN34e7ajMDbmytQ/QvdQ/oyb4D\n"
                                                "8OlUIHkxIolgc2Xgq6Q+Sgnek6MrHame0499I0oZppy1B4Qt00/B9Rv7\n"
                                                "-----END PRIVATE KEY-----\n";

[[maybe_unused]] static const char test_certificate[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBozCCAUqgAwIBAgIUHvu5T5k1FvdKLY60TL7tVGgtDGcwCgYIKoZIzj0EAwIw\n"
    "GTEXMBUGA1UEAwwOYWV0aGVyaXVzIHRlc3QwIBcNMjYxMTI0MDkyMDU4WhgPMjEy\n"
    "NjEwMzEwOTIwNThaMBkxFzAVBgNVBAMMDmFldGhlcml1cyB0ZXN0MFkwEwYHKoZI\n"
    "zj0CAQYIKoZIzj0DAQcDQgAEmnjjDd+Hu2ozA25srUP0L3UP6Mm+A/DpVCB5MSKJ\n"
    "YHNl4KukPkoJ3pOjKx2pntOPfSNKGaactQeELdNPwfUb+6NuMGwwHQYDVR0OBBYE\n"
    "FPhmWHTmpfkjTrXHn/37/5tSBr3jMB8GA1UdIwQYMBaAFPhmWHTmpfkjTrXHn/37\n"
    "/5tSBr3jMBkGA1UdEQQSMBCCCGFwaS50ZXN0hwR/AAABMA8GA1UdEwEB/wQFMAMB\n"
    "Af8wCgYIKoZIzj0EAwIDRwAwRAIgDXGoAvppHxKUF51UMguBbhVxVb1E//KuJ6Le\n"
    "mv9l7PsCIHggSxHVGfJNoREtegtzX3tR2cVZRpVA7u3Y6xYyYL6m\n"
    "-----END CERTIFICATE-----\n";

/* The same key, but for api.test alone. */
[[maybe_unused]] static const char test_certificate_by_name[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBrjCCAVSgAwIBAgIUWTxXU1fa9F4zeqd5aw32YNaRbrcwCgYIKoZIzj0EAwIw\n"
    "ITEfMB0GA1UEAwwWYWV0aGVyaXVzIHRlc3QgYnkgbmFtZTAgFw0yNjExMjQwOTIw\n"
    "NThaGA8yMTI2MTAzMTA5MjA1OFowITEfMB0GA1UEAwwWYWV0aGVyaXVzIHRlc3Qg\n"
    "YnkgbmFtZTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABJp44w3fh7tqMwNubK1D\n"
    "9C91D+jJvgPw6VQgeTEiiWBzZeCrpD5KCd6ToysdqZ7Tj30jShmmnLUHhC3TT8H1\n"
    "G/ujaDBmMB0GA1UdDgQWBBT4Zlh05qX5I061x5/9+/+bUga94zAfBgNVHSMEGDAW\n"
    "gBT4Zlh05qX5I061x5/9+/+bUga94zATBgNVHREEDDAKgghhcGkudGVzdDAPBgNV\n"
    "HRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIQCYc4SVtRPhRdnEK1Qig14J\n"
    "12KowanDktar7xLqoFndtwIgO/0gtFQx2DqWjEukj1YCPgs/Ag2N5qIY6dzE+oel\n"
    "/SU=\n"
    "-----END CERTIFICATE-----\n";

/* Somebody else's. */
[[maybe_unused]] static const char test_other_ca[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBezCCASGgAwIBAgIUSE3DHLGTVYL+dByPJ9IDH1kTfxMwCgYIKoZIzj0EAwIw\n"
    "EjEQMA4GA1UEAwwHYW5vdGhlcjAgFw0yNjExMjQwOTIwNThaGA8yMTI2MTAzMTA5\n"
    "MjA1OFowEjEQMA4GA1UEAwwHYW5vdGhlcjBZMBMGByqGSM49AgEGCCqGSM49AwEH\n"
    "A0IABArqyd59xDJR0LULR1Rxc2ZJ1KfNQsoh0Vq3um59kKi0CyieVQmer79Ab6pm\n"
    "vg2g38zRhY3CrN28V08BLhVbmPOjUzBRMB0GA1UdDgQWBBQeDBxwnBesJpBsDoOZ\n"
    "/ylHLQA7YjAfBgNVHSMEGDAWgBQeDBxwnBesJpBsDoOZ/ylHLQA7YjAPBgNVHRMB\n"
    "Af8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIQCNVdl8zWdsUrknzP1qCmJ8gtUm\n"
    "S2EBhV2ucZTnj6siSQIgCQg/5ykSD2ugNYrmrqT/4mh1THw4tPG6/1Ihuz8ssjk=\n"
    "-----END CERTIFICATE-----\n";
