package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"
)

// output is how a result is written: for people, or for programs.
type output string

const (
	outputTable output = "table"
	outputJSON  output = "json"
	outputYAML  output = "yaml"
)

var outputs = []string{string(outputTable), string(outputJSON), string(outputYAML)}

func (o *output) addTo(cmd *cobra.Command) {
	cmd.Flags().StringVarP((*string)(o), "output", "o", string(outputTable), "how to print: "+strings.Join(outputs, ", "))
	completion(cmd, "output", outputs...)
}

func (o output) check(cmd *cobra.Command) error {
	if !slices.Contains(outputs, string(o)) {
		return usagef(cmd, "--output %q: give one of %s", o, strings.Join(outputs, ", "))
	}
	return nil
}

// write writes v for programs, or by table for people; nil where they know all.
func (o output) write(w io.Writer, v any, table func(io.Writer) error) error {
	if o == outputTable {
		if table == nil {
			return nil
		}
		return table(w)
	}
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("print as %s: %w", o, err)
	}
	text = append(text, '\n')
	if o == outputYAML {
		if text, err = yaml.JSONToYAML(text); err != nil {
			return fmt.Errorf("print as %s: %w", o, err)
		}
	}
	_, err = w.Write(text)
	return err
}

// printYAML prints what is YAML and nothing else.
func printYAML(s streams, write func() ([]byte, error)) error {
	text, err := write()
	if err == nil {
		_, err = s.out.Write(text)
	}
	return err
}
