# make test    all tests but chaos; on Debian as root it installs what is missing first
# make chaos   daemons that are killed, stopped and crowded, under load; CI runs it too
# make reloads test/reload in full: more reloads, more WebSockets, all combinations of engines
# make kills   an edge that is killed forty times while it starts
# make lint    gofmt, go vet, staticcheck, golangci-lint (with the import rules)
# make build   bin/edgegen
# make man     the manual pages, in bin/man1
# make deb     the Debian package, in bin
# make image   a container image: by Docker where it runs, else an OCI layout in bin/image
# make packages      both, installed and run on a copy of this machine; needs root
# make conformance   the contract's clauses against every combination of engines, as a table
# make newer         the same with the daemons of Debian 13, in a root of their own; needs root, and
#                    RELEASE names another release
# make hostile       ten minutes of answers that a generator makes up, against the daemons
# make foretold      ten thousand generated requests of each mix of engines, whose way edgegen explain has to foretell
# make cache-tests   the public tests for HTTP caches, which npm fetches; needs node
# make certificates  renewals of fifty sites by an authority that fails, and edges that are killed while they get some
# make scan          what testssl.sh finds of TLS, as docs/tls.md says; needs Debian's testssl.sh
# make counts        fifty thousand generated requests, which each mix of engines has to count as the clients do
# make scrapes       a million scrapes of the metrics, which must leave nothing behind
# make kubernetes    what is exported for a cluster, given to the API server of Kubernetes, which it builds first
# make members       three edges in network namespaces behind a balancer: killed, drained, upgraded, changed
# make gateway-conformance  the public conformance suite of the Gateway API, whose report REPORT=-update writes anew
# make compare       ten thousand generated answers, asked of the builtin cache and of Varnish, and thousands of sequences of requests

.PHONY: test newer bench chaos reloads kills lint build man deb image packages dependencies conformance hostile kubernetes gateway-conformance nomad members compare counts scrapes foretold cache-tests certificates scan

# Each package has a timeout of its own. test/chaos has a target of its own,
# since it needs the machine for itself. The packages that take longest begin, and
# more of them run at a time than there are processors, as each waits for daemons
# and clocks most of the time. They test one edgegen; lint vets. Compilers and tests
# may leave more garbage, which is a quarter of what they cost, and clones of the same
# text share what is compiled. Files that live for seconds are kept in memory.
LONG = ./test/reload ./test/conformance ./test/apps ./test/lifecycle ./internal/native ./internal/render ./test/together ./test/members ./test/browser ./test/hostile
test: export EDGEGEN_UNDER_TEST = $(CURDIR)/bin/edgegen
test: export GOGC = 400
test: export TMPDIR = $(shell sh test/scratch)
test: export GOFLAGS := $(GOFLAGS) -trimpath
test: dependencies build
	go test -vet=off -timeout 9m -p $$(($$(getconf _NPROCESSORS_ONLN) + 1)) $(LONG) \
		$$(go list ./... | grep -vxF "$$(printf 'edgegen/%s\n' test/chaos $(LONG:./%=%))")

chaos: dependencies
	go test -timeout 9m ./test/chaos

reloads: dependencies
	go test -count=1 -timeout 30m ./test/reload -reloads 20 -sockets 500 -every

certificates: dependencies
	go test -count=1 -v -timeout 30m ./test/apps -run 'C3Storm|C4Killed' -storm 8m

scan: dependencies
	go test -count=1 -timeout 20m ./test/scan -scan

kills: dependencies
	go test -count=1 ./test/lifecycle -run TestKillWhileStarting -kills 40

dependencies:
	@sh test/dependencies

lint:
	@test -z "$$(gofmt -l .)" || { echo "not in gofmt's layout:"; gofmt -l .; exit 1; }
	go vet ./...
	go run honnef.co/go/tools/cmd/staticcheck@v0.8.2 ./...
	go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0 run ./...

build:
	go build -o bin/edgegen ./cmd/edgegen

deb:
	packaging/deb/build

image:
	packaging/image/build

packages: dependencies deb
	packaging/image/build --layout
	go test -count=1 ./test/packages -built

man: build
	bin/edgegen man bin/man1

conformance: dependencies
	@mkdir -p bin
	@go test -count=1 -v ./test/conformance >bin/conformance.log || { grep -- '--- FAIL' bin/conformance.log; exit 1; }
	@sed -n '/contract_test.go.*: $$/,/^ *all /p' bin/conformance.log

RELEASE = trixie
newer: build
	go test -vet=off -c -o bin/conformance.test ./test/conformance
	test/newer $(RELEASE) conformance -test.v >bin/conformance.log || { grep -E '^[^ ]|--- FAIL' bin/conformance.log; exit 1; }
	@sed -n '1,/^===/{/^===/!p}; /contract_test.go.*: $$/,/^ *all /p' bin/conformance.log

hostile: dependencies
	go test -count=1 -v -timeout 20m ./test/hostile -duration 200s -engines native,builtin-web,builtin -seed $$(date +%s)

# Measures edgegen beside nginx, HAProxy, Caddy, hitch with Varnish, and chains by hand, and
# writes bench/RESULTS.md. It wants the machine for itself, and h2load; peers that are not
# installed are left out. BENCH takes flags: make bench BENCH='-rounds 1 -round 1s'.
bench: build
	cd bench/peers/caddy && go build -o $(CURDIR)/bin/caddy github.com/caddyserver/caddy/v2/cmd/caddy
	go build -o bin/compare ./bench/compare
	bin/compare -out bench $(BENCH)

# The API server takes a quarter of an hour to build for the first time.
kubernetes: export EDGEGEN_UNDER_TEST = $(CURDIR)/bin/edgegen
kubernetes: export EDGEGEN_TEST_APISERVER = $(CURDIR)/bin/apiserver
kubernetes: build
	cd test/kubernetes && go build -o $(EDGEGEN_TEST_APISERVER) ./cmd/apiserver && go test -vet=off -count=1 . ./apiserver/... ./cmd/...
	go test -vet=off -count=1 -timeout 30m ./test/controller ./internal/vault ./internal/acme
	go test -vet=off -count=1 -timeout 9m ./test/together -run EndpointSlices

# The suite takes a minute and a half on two cores that others use as well, builds aside;
# it stands for the whole profile for HTTP, and asks builtin tiers.
gateway-conformance: export EDGEGEN_UNDER_TEST = $(CURDIR)/bin/edgegen
gateway-conformance: export EDGEGEN_TEST_APISERVER = $(CURDIR)/bin/apiserver
gateway-conformance: build
	cd test/kubernetes && go build -o $(EDGEGEN_TEST_APISERVER) ./cmd/apiserver && \
		go test -vet=off -count=1 -timeout 60m ./conformance $(REPORT)

# Nomad's own parser reads what is exported for it.
nomad: export EDGEGEN_UNDER_TEST = $(CURDIR)/bin/edgegen
nomad: build
	cd test/nomad && go test -vet=off -count=1 .

members: dependencies
	go test -count=1 -v ./test/members -long

compare: dependencies
	go test -count=1 -timeout 60m ./test/compare -trials 10000 -seed $$(date +%s) -sequences 3000 -sequence $$(date +%s) \
		-mixes builtin,native,builtin-tls,builtin-cache,builtin-web,stunnel-alone,varnish-alone,nginx-alone,one-nginx

counts: dependencies
	go test -count=1 -v -timeout 60m ./test/counts -run SameCounts -requests 50000 \
		-engines native,builtin,builtin-tls,builtin-cache,builtin-web,stunnel-alone,varnish-alone,nginx-alone

scrapes: dependencies
	go test -count=1 -v -timeout 60m ./test/counts -run Scrapes -scrapes 1000000

foretold: dependencies
	go test -count=1 -timeout 30m ./test/explain -all -requests 10000 -seed $$(date +%s)

cache-tests: dependencies
	npm install --prefix bin/cache-tests --ignore-scripts --no-audit --no-fund http-cache-tests@0.4.5
	CACHE_TESTS=$(CURDIR)/bin/cache-tests/node_modules/http-cache-tests go test -count=1 ./test/cachesuite
