#!/bin/sh
# Builds frontdesk for every system it is given out for, and writes checksums beside the files.
#
#   deploy/release.sh v1.2.0 dist              # dist/frontdesk-v1.2.0-linux-amd64 …, dist/SHA256SUMS
#   cd dist && sha256sum -c SHA256SUMS
#
# TARGETS says for which; nothing but Go is needed, no C compiler: each binary stands alone.
set -eu
[ $# -eq 2 ] || { echo "usage: deploy/release.sh VERSION FOLDER" >&2; exit 2; }
version=$1
mkdir -p "$2"
out=$(cd "$2" && pwd)
cd "$(dirname "$0")/.."
: "${TARGETS:=linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64}"
rm -f "$out/SHA256SUMS"
for target in $TARGETS; do
	os=${target%/*} arch=${target#*/}
	name=frontdesk-$version-$os-$arch
	[ "$os" != windows ] || name=$name.exe
	CGO_ENABLED=0 GOOS=$os GOARCH=$arch go build -trimpath -ldflags="-s -w -X main.release=$version" -o "$out/$name" ./cmd/frontdesk
	if command -v sha256sum >/dev/null; then
		(cd "$out" && sha256sum "$name" >>SHA256SUMS)
	else
		(cd "$out" && shasum -a 256 "$name" >>SHA256SUMS) # macOS
	fi
	echo "$out/$name"
done
