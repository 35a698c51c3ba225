package config

import (
	"errors"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// convert makes a key's type of what a file, a variable or a flag says. Its
// errors never repeat the value, which may be a secret.
func convert(raw any, to reflect.Type) (any, error) {
	switch to {
	case reflect.TypeFor[time.Duration]():
		return toDuration(raw)
	case reflect.TypeFor[[]string]():
		return toList(raw)
	}
	switch to.Kind() {
	case reflect.Bool:
		return toBool(raw)
	case reflect.Int, reflect.Int64:
		return toInt(raw)
	case reflect.Float64:
		return toFloat(raw)
	}
	if s, ok := raw.(string); ok {
		return s, nil
	}
	return nil, errors.New("must be text; put it in quotes")
}

func toDuration(raw any) (any, error) {
	if s, ok := raw.(string); ok {
		if d, err := time.ParseDuration(s); err == nil {
			return d, nil
		}
	}
	if raw == 0 {
		return time.Duration(0), nil
	}
	return nil, errors.New("must be a duration with a unit, such as 200ms, 5s or 10m")
}

func toBool(raw any) (any, error) {
	switch v := raw.(type) {
	case bool:
		return v, nil
	case string:
		if b, err := strconv.ParseBool(v); err == nil {
			return b, nil
		}
	}
	return nil, errors.New("must be true or false")
}

func toInt(raw any) (any, error) {
	switch v := raw.(type) {
	case int:
		return int64(v), nil
	case string:
		if n, err := strconv.ParseInt(v, 10, 64); err == nil {
			return n, nil
		}
	}
	return nil, errors.New("must be a whole number")
}

func toFloat(raw any) (any, error) {
	switch v := raw.(type) {
	case int:
		return float64(v), nil
	case float64:
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			return v, nil
		}
	case string:
		if f, err := strconv.ParseFloat(v, 64); err == nil && !math.IsNaN(f) && !math.IsInf(f, 0) {
			return f, nil
		}
	}
	return nil, errors.New("must be a number")
}

// toList takes a YAML list, or one text with commas between the elements.
func toList(raw any) (any, error) {
	list := []string{}
	switch v := raw.(type) {
	case string:
		for e := range strings.SplitSeq(v, ",") {
			if e = strings.TrimSpace(e); e != "" {
				list = append(list, e)
			}
		}
		return list, nil
	case []any:
		for _, e := range v {
			s, ok := e.(string)
			if !ok {
				return nil, errors.New("must be a list of texts")
			}
			list = append(list, s)
		}
		return list, nil
	}
	return nil, errors.New("must be a list of texts")
}
