# The image to run: the bundle of `make bundle`, on nothing but the C library of BASE.
#
#   make image [BASE=debian:bookworm-slim] [IMAGE=ptcpdump]
#   docker run --privileged --rm -t --net=host --pid=host -v /sys/fs/cgroup:/sys/fs/cgroup:ro ptcpdump ptcpdump -i any
ARG BASE=debian:bookworm-slim

FROM ${BASE} AS parts
ARG BUNDLE
COPY ${BUNDLE}/ /image/opt/ptcpdump/
# what its programs load from the system, with the names it is asked for by, and what looks up host names
RUN set -e; cd /image; \
    libraries=$(find . -name '*.so*' -o -path ./opt/ptcpdump/bin/ptcpdump | xargs -n 1 ldd 2>/dev/null \
        | sed -n -E 's/^[^/]*(\/[^ ]+) .*/\1/p' | grep -v ^/image/ | sort -u); \
    for file in $libraries $(ls /lib/*/libnss_files.so.2 /lib/*/libnss_dns.so.2 /lib/*/libresolv.so.2 2>/dev/null); do \
        mkdir -p ".${file%/*}"; cp -L "$file" ".$file"; \
    done; \
    mkdir -p etc tmp proc sys; echo root:x:0:0:root:/:/bin/false > etc/passwd; echo 'hosts: files dns' > etc/nsswitch.conf

FROM scratch
COPY --from=parts /image /
ENV PATH=/opt/ptcpdump
CMD ["ptcpdump", "--help"]
