package rpc

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// strictJSON is JSON with the names of the .proto files, in which a counter of 0 is
// shown, and a field that is not known is refused: who mistypes "version" must not
// change what they meant to protect.
//
// It goes by two names, as many clients send the charset with it.
type strictJSON struct{ name string }

const (
	plainJSON = "json"
	utf8JSON  = "json; charset=utf-8"
)

var (
	marshal   = protojson.MarshalOptions{UseProtoNames: true, EmitDefaultValues: true}
	unmarshal = protojson.UnmarshalOptions{RecursionLimit: 32}
)

func (c strictJSON) Name() string { return c.name }

func (strictJSON) Marshal(message any) ([]byte, error) {
	m, ok := message.(proto.Message)
	if !ok {
		return nil, fmt.Errorf("%T is no message", message)
	}
	return marshal.Marshal(m)
}

func (strictJSON) Unmarshal(text []byte, message any) error {
	m, ok := message.(proto.Message)
	if !ok {
		return fmt.Errorf("%T is no message", message)
	}
	return unmarshal.Unmarshal(text, m)
}
