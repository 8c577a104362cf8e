package upstream_test

import (
	"os"
	"testing"

	"github.com/gatehouse-proxy/gatehouse/attack/leaks"
)

// TestMain looks for what the suite left running or open.
func TestMain(m *testing.M) { os.Exit(leaks.Run(m)) }
