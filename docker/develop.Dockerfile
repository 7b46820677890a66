# The image to build in, on any system that has Docker or Podman. It has what compiles the project and nothing of it: that is
# mounted.
#
#   make build-via-docker [TARGET=bundle]; make build-bpf-via-docker; BASE=debian:bookworm-slim is what it is made on
ARG BASE=debian:bookworm-slim
FROM ${BASE}
COPY scripts/install-packages /usr/local/bin/
ARG PACKAGES
RUN install-packages "to build" ${PACKAGES} && rm -rf /var/lib/apt/lists/*
# whoever calls it owns what is made
ENV HOME=/tmp
WORKDIR /project
