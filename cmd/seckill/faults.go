package main

import (
	"fmt"
	"log/slog"
	"os"

	"github.com/seckill-go/seckill/internal/fault"
)

// faultsWarning has to be seen by whoever forgot that points are armed.
const faultsWarning = "FAULT POINTS ARE ARMED, this process will fail on purpose"

// readFaults reads the plan of the environment before anything is started.
func readFaults() (fault.Plan, error) {
	plan, err := fault.Parse(os.Getenv(fault.Env))
	if err != nil {
		return plan, fmt.Errorf("%s: %w", fault.Env, err)
	}
	return plan, nil
}

func armFaults(plan fault.Plan, log *slog.Logger) {
	plan.Arm(log)
	if !plan.Empty() {
		log.Warn(faultsWarning, "faults", plan.String())
	}
}
