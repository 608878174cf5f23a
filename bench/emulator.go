package main

import "context"

func tableEmulator(context.Context, options) error { return nil }
