package demo

import (
	"context"
	"errors"
)

func play(ctx context.Context, name, addr string) (node, error) { return nil, errors.New("soon") }
