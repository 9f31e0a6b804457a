set -e
git init -q -b main scratch/src
cd scratch/src
echo one > f; git add f; git commit -qm one; git tag v1
echo two > f; git commit -qam two; git tag -a v2 -m v2
git checkout -qb dev; echo dev > g; git add g; git commit -qm dev
git checkout -q main; echo three > f; git commit -qam three
cd ..; git clone -q --bare src r.git; rm -rf src
