// The worker benchmark's peer on the official Go SDK: go_worker ADDRESS QUEUE.
package main

import (
	"context"
	"log"
	"os"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	tlog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

type quiet struct{}

func (quiet) Debug(string, ...interface{})     {}
func (quiet) Info(string, ...interface{})      {}
func (quiet) Warn(m string, f ...interface{})  { log.Println(append([]interface{}{m}, f...)...) }
func (quiet) Error(m string, f ...interface{}) { log.Println(append([]interface{}{m}, f...)...) }

var _ tlog.Logger = quiet{}

func echo(_ context.Context, n int) (int, error) { return n, nil }

func one(ctx workflow.Context, n int) (int, error) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: 60 * time.Second})
	var result int
	err := workflow.ExecuteActivity(ctx, "echo", n).Get(ctx, &result)
	return result, err
}

func main() {
	c, err := client.Dial(client.Options{HostPort: os.Args[1], Logger: quiet{}})
	if err != nil {
		log.Fatalln(err)
	}
	worker.SetStickyWorkflowCacheSize(1000)
	w := worker.New(c, os.Args[2], worker.Options{
		MaxConcurrentActivityTaskPollers:        5,
		MaxConcurrentWorkflowTaskPollers:        5,
		MaxConcurrentActivityExecutionSize:      100,
		MaxConcurrentWorkflowTaskExecutionSize:  100,
		MaxConcurrentLocalActivityExecutionSize: 100,
	})
	w.RegisterWorkflowWithOptions(one, workflow.RegisterOptions{Name: "one_activity"})
	w.RegisterActivityWithOptions(echo, activity.RegisterOptions{Name: "echo"})
	if err := w.Run(worker.InterruptCh()); err != nil {
		log.Fatalln(err)
	}
}
