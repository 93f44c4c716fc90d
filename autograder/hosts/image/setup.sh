#!/usr/bin/env bash
# Build the graded image: run once by Gradescope (from the zip) or by our Dockerfile, as root.
#
#   AUTOGRADER_PYTHON    a Python 3.11 to use; default: the one there, else the distribution's python3.11,
#                        else the build of CPython 3.11 that the pinned uv knows, by the hash that it knows
#                        (from GitHub, or from UV_PYTHON_INSTALL_MIRROR).
#   AUTOGRADER_PIP_ARGS  where wheels come from; default: PyPI and PyTorch's index of CPU builds. Every
#                        wheel must have the hash in requirements.lock, wherever it comes from.
#   AUTOGRADER_WHEELS    a folder with all wheels; if it is there, nothing else is asked.
#
# A build that would grade wrongly fails: the last steps attack the sandbox, and grade the solution
# (must get every point) and the untouched release (must get none).
set -euo pipefail
umask 022
root=${AUTOGRADER_ROOT:-/autograder}
source=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
parts=${AUTOGRADER_BUILD_CHECK:-$source/build-check}
prefix=/opt/autograder
pip_args=${AUTOGRADER_PIP_ARGS:---extra-index-url https://download.pytorch.org/whl/cpu}
if [ -n "${AUTOGRADER_WHEELS:-}" ] && [ -d "$AUTOGRADER_WHEELS" ]; then
  pip_args="--no-index --find-links $AUTOGRADER_WHEELS"  # a build without a network for pip
fi
say() { echo "setup.sh: $*"; }

is_311() { "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; }
is_final() { "$1" -c 'import sys; sys.exit(sys.version_info.releaselevel != "final")'; }

python=${AUTOGRADER_PYTHON:-}
candidate_311=""  # Ubuntu 22.04 has a release candidate of 3.11: only where nothing better is to be had
consider() {
  if [ -z "$python" ] && is_311 "$1"; then
    if is_final "$1"; then python=$1; else candidate_311=$1; fi
  fi
}
apt_install() {
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@" ca-certificates \
    && apt-get clean && rm -rf /var/lib/apt/lists/*
}
# The pins are for 3.11. Most distributions have another Python, which is enough to start uv.
uv_python() {
  local uv=/tmp/autograder-uv
  python3 -c 'import venv, ensurepip' 2>/dev/null || apt_install python3 python3-venv || return 1
  echo "uv==0.13.9 --hash=sha256:d7f459fe4fd247d830351c75686d3996ace3c6f3f728eb0e85a30b7ada0cef19" > "$uv.txt"
  python3 -m venv "$uv" \
    && "$uv/bin/python" -m pip install --quiet --disable-pip-version-check --no-cache-dir --no-deps \
      --only-binary :all: --require-hashes -r "$uv.txt" \
    && "$uv/bin/uv" python install --no-cache --no-bin --install-dir /opt/python 3.11
  local status=$?
  rm -rf "$uv" "$uv.txt"
  return $status
}
for there in /usr/bin/python3.11 /usr/local/bin/python3.11 /usr/bin/python3; do consider "$there"; done
if [ -z "$python$candidate_311" ] && command -v apt-get >/dev/null; then
  say "installing the distribution's python3.11"
  if apt_install python3.11 python3.11-venv; then consider /usr/bin/python3.11; fi
fi
if [ -z "$python" ]; then
  say "the distribution has no python3.11${candidate_311:+ but a release candidate}; fetching one with uv"
  if uv_python; then for there in /opt/python/cpython-3.11.*/bin/python3.11; do consider "$there"; done; fi
fi
if [ -z "$python" ] && [ -n "$candidate_311" ]; then
  say "uv could not: taking the release candidate; the last steps will tell whether it grades rightly" >&2
  python=$candidate_311
fi
if [ -z "$python" ] || ! is_311 "$python"; then
  say "no Python 3.11 with venv and ensurepip here, and none could be installed; the pins are for 3.11." >&2
  say "Nothing was built. Install one before this script and set AUTOGRADER_PYTHON to its path." >&2
  exit 1
fi

say "environment in $prefix from $python"
rm -rf "$prefix"
"$python" -m venv "$prefix"
# shellcheck disable=SC2086  # several arguments are meant
"$prefix/bin/python" -m pip install --quiet --disable-pip-version-check --no-cache-dir --no-deps \
  --only-binary :all: --require-hashes $pip_args -r "$source/requirements.lock"
site=$("$prefix/bin/python" -I -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
cp -R "$source/autograder" "$site/autograder"
"$prefix/bin/python" -I -m compileall -q "$site/autograder"
# What no run needs, and the image need not carry.
rm -rf "$site"/pip "$site"/pip-*.dist-info "$site"/torch/include "$site"/torch/share
find "$site"/networkx "$site"/pandas "$site"/scipy "$site"/sklearn "$site"/sympy -type d -name tests -prune -exec rm -rf {} +
find "$site"/torch/bin -type f ! -name torch_shm_manager -delete  # torch does not start without that one
printf '#!%s -I\nfrom autograder.cli.main import main\n\nmain()\n' "$prefix/bin/python" > "$prefix/bin/autograder"
chmod 755 "$prefix/bin/autograder"
ln -sf "$prefix/bin/autograder" /usr/local/bin/autograder
chmod -R go+rX,go-w "$prefix"

say "font cache"
install -d -m 700 /var/cache/autograder
HOME=/var/cache/autograder MPLCONFIGDIR=/var/cache/autograder "$prefix/bin/python" -I -c 'import matplotlib.font_manager'

say "closing $source"
chmod -R go= "$source"
if [ -f "$source/run_autograder" ] && [ -d "$root" ]; then
  install -m 755 "$source/run_autograder" "$root/run_autograder"  # no secret in it; anybody may start it
fi

say "selftest"
"$prefix/bin/autograder" selftest
say "grading the solution and the untouched release"
"$prefix/bin/autograder" gradescope --root "$root" --source "$source" --build-check "$parts"
rm -rf "$source/build-check"
rm -rf /tmp/autograder-* /root/.cache
say "done"
