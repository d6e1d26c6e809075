// Reads Grafana dashboards with Grafana's own schema, strictly: an unknown or misplaced field fails.
package main

import (
	"fmt"
	"os"

	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

func main() {
	plugins.RegisterDefaultPlugins()
	wrong := false
	for _, file := range os.Args[1:] {
		text, err := os.ReadFile(file)
		if err == nil {
			var board dashboard.Dashboard
			err = board.UnmarshalJSONStrict(text)
		}
		// A good file gives an error without a word: an empty list of them.
		if err != nil && err.Error() != "" {
			fmt.Fprintf(os.Stderr, "%s: %v\n", file, err)
			wrong = true
		}
	}
	if wrong {
		os.Exit(1)
	}
}
