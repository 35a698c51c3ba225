# `make` alone lists the targets.
.DEFAULT_GOAL := help
.PHONY: help run dev build test check soak screenshots model fuzz mutants recovery chaos bench stock-safety fmt up down compose clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | while IFS="$$(printf '\t')" read -r target what; do printf '%-12s %s\n' "$$target" "$$what"; done

run: ## run everything in one process, nothing to install (http://127.0.0.1:8080)
	go run ./cmd/seckill serve

dev: ## run web and worker on private Redis, RabbitMQ and MySQL servers
	scripts/dev.sh

build: ## build bin/seckill
	CGO_ENABLED=0 go build -trimpath -o bin/seckill ./cmd/seckill

test: ## bring up real servers, then formatting, vet, static analysis and all tests (ten minutes at most, once it is compiled)
	scripts/test.sh

soak: ## the long tests, for a release: all that make test runs a share of, faults, fuzzing (hours)
	scripts/soak.sh

check: ## formatting, vet and the tests that need no servers: quick
	@test -z "$$(gofmt -l cmd configs internal seckill web worker)" || { echo "not formatted, run make fmt"; exit 1; }
	go vet ./...
	go test -short ./...

screenshots: ## picture every page into docs/images, light and dark, both languages
	SECKILL_SCREENSHOTS=$(abspath docs/images) go test -count=1 -run TestScreens ./web/ui

model: ## run 200,000 random operations against the model of the service
	scripts/model.sh

fuzz: ## fuzz each target for a while (EACH=30s)
	scripts/fuzz.sh $(or $(EACH),30s)

# With all of the orders; make test does it with fewer. It looks at the clock, so
# it wants a machine that does nothing else.
recovery: ## measure how soon a sale is back after what ran it lost its data or was killed
	scripts/services.sh up
	SECKILL_TEST_REQUIRE_SERVICES=1 SECKILL_TEST_SOAK=1 go test -count=1 -v -timeout 20m \
		-run 'TestASaleOfManyOrders|TestOrdersInFlight|TestAnEmbeddedServerThatWasKilled|TestASaleIsOpenAgain|TestASaleOnACluster' ./internal/proof/e2e

# Servers are its own, and so are the processes: nothing has to be up before.
chaos: ## break installations on purpose and check every promise (SEED=n RUNS=m ON=cluster PARALLEL=p REPORT=file KEEP=folder)
	SECKILL_TEST_REQUIRE_SERVICES=1 go test -count=1 -timeout 0 -v -parallel=$(or $(PARALLEL),1) -run 'TestChaos$$' ./internal/proof/chaos -args \
		-seed=$(or $(SEED),0) -runs=$(or $(RUNS),1) -instances=$(or $(PARALLEL),1) \
		$(if $(ON),-on=$(ON)) $(if $(WITHOUT),-without='$(WITHOUT)') $(if $(REPORT),-report=$(abspath $(REPORT))) $(if $(KEEP),-keep=$(abspath $(KEEP)))

# Servers are its own here too. It wants the machine for itself, for about an hour.
bench: ## measure the service against what the machine can do (ONLY=1,2,4 ROUNDS=5 SECONDS=5 SUSTAIN=30 OUT=file)
	SECKILL_TEST_REQUIRE_SERVICES=1 go test -count=1 -timeout 0 -v -run 'TestFigures$$' ./internal/proof/bench -args \
		-rounds=$(or $(ROUNDS),5) -seconds=$(or $(SECONDS),5) -sustain=$(or $(SUSTAIN),30) $(if $(ONLY),-only=$(ONLY)) $(if $(OUT),-out=$(abspath $(OUT)))

# Servers are its own here too; it wants the machine for itself, for twenty minutes.
stock-safety: ## measure ways to keep a shop's stock safe, and make docs/stock-safety.md anew (ROUNDS=3 SECONDS=3)
	SECKILL_TEST_REQUIRE_SERVICES=1 go test -count=1 -timeout 0 -v -run 'TestStockSafety$$' ./internal/proof/stocksafety -args \
		-rounds=$(or $(ROUNDS),3) -seconds=$(or $(SECONDS),3) -out=$(abspath docs)

# Long where many processors are not: each bug is built and tested by itself.
mutants: ## plant bugs in copies of the tree, the tests must catch all (JOBS=n SINCE=rev: those that a change concerns)
	scripts/mutants.sh -j $(or $(JOBS),1) $(if $(SINCE),--since $(SINCE))

fmt: ## format the code
	gofmt -w cmd configs internal seckill web worker

up: ## start the private servers of the tests
	scripts/services.sh up

down: ## stop them, keep their data
	scripts/services.sh down

compose: ## run the whole system in containers (needs Docker)
	scripts/compose-env.sh
	docker compose up --build

clean: ## stop the private servers and delete their data and what was built
	scripts/services.sh clean
	rm -rf bin dist
