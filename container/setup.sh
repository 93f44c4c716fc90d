#!/usr/bin/env bash
# Build the graded image: run once by Gradescope (from the zip) or by our Dockerfile, as root.
#
#   AUTOGRADER_PYTHON    a Python 3.11 to use; default: the one there, else the distribution's python3.11.
#                        Where the distribution has none: deadsnakes' python3.11 and python3.11-venv, or
#                        `uv python install 3.11`, before this script, and its path here.
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

python=${AUTOGRADER_PYTHON:-}
if [ -z "$python" ]; then
  for candidate in /usr/bin/python3.11 /usr/local/bin/python3.11 /usr/bin/python3; do
    if is_311 "$candidate"; then python=$candidate; break; fi
  done
fi
if [ -z "$python" ] && command -v apt-get >/dev/null; then
  say "installing the distribution's python3.11"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends python3.11 python3.11-venv ca-certificates
  apt-get clean
  rm -rf /var/lib/apt/lists/*
  python=/usr/bin/python3.11
fi
if [ -z "$python" ] || ! is_311 "$python"; then
  say "no Python 3.11 with venv and ensurepip found; the pins are for 3.11. Set AUTOGRADER_PYTHON." >&2
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
find "$site"/torch/bin -type f ! -name torch_shm_manager -delete  # torch does not start without that one
printf '#!%s -I\nfrom autograder.cli import main\n\nmain()\n' "$prefix/bin/python" > "$prefix/bin/autograder"
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
