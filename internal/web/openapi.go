package web

import (
	"net/http"
	"reflect"
	"slices"
	"strings"

	"tallystick/internal/explain"
	"tallystick/internal/history"
)

// object is a JSON object of a description.
type object map[string]any

// openapi describes the API in the words of OpenAPI 3.0. It is made of the routes and of the types of
// their answers, so it cannot tell of what is not there; a test holds real answers against it.
func (s *Server) openapi(w http.ResponseWriter, r *http.Request) error {
	s.answer(w, r, http.StatusOK, s.description())
	return nil
}

func (s *Server) description() object {
	d := describer{schemas: object{}}
	problem := d.reference(typeOf[Problem]())
	paths := object{}
	for _, r := range s.list() {
		path := root + r.path
		if paths[path] == nil {
			paths[path] = object{}
		}
		paths[path].(object)[strings.ToLower(r.method)] = d.operation(&r, problem)
	}
	return object{
		"openapi": "3.0.3",
		"info": object{"title": "tallystick", "version": s.Backend.Process().Version, "description": "Stick tables of HAProxy nodes, summed. " +
			"Durations are in ms, times RFC 3339 in UTC; what is not known is null. Names of tables keep their slash, which is %2F in paths."},
		"paths":      paths,
		"components": object{"schemas": d.schemas, "securitySchemes": object{"basic": object{"type": "http", "scheme": "basic"}}},
		"security":   []object{{}, {"basic": []string{}}},
	}
}

// describer gathers the schemas of types by name.
type describer struct{ schemas object }

func (d *describer) operation(r *route, problem object) object {
	op := object{"summary": r.summary, "operationId": operationID(r)}
	var parameters []object
	for rest := r.path; strings.Contains(rest, "{"); {
		_, rest, _ = strings.Cut(rest, "{")
		var name string
		name, rest, _ = strings.Cut(rest, "}")
		parameters = append(parameters, object{"name": name, "in": "path", "required": true, "schema": object{"type": "string"}})
	}
	for _, p := range r.parameters {
		schema := object{"type": "string"}
		if p.number {
			schema = object{"type": "integer", "minimum": 1}
		}
		if p.many {
			schema = object{"type": "array", "items": schema}
		}
		parameters = append(parameters, object{"name": p.name, "in": "query", "description": p.doc, "schema": schema})
	}
	if parameters != nil {
		op["parameters"] = parameters
	}
	if r.body != nil {
		op["requestBody"] = object{"required": true, "content": object{"application/json": object{"schema": d.reference(r.body)}}}
	}
	content := object{"schema": object{"type": "object"}}
	kind := r.kind
	switch {
	case r.answer != nil:
		kind, content = "application/json", object{"schema": d.reference(r.answer)}
	case kind != "application/json":
		content = object{"schema": object{"type": "string"}}
	}
	op["responses"] = object{
		"200":     object{"description": "the answer", "content": object{kind: content}},
		"default": object{"description": "why there is none", "content": object{"application/json": object{"schema": problem}}},
	}
	if r.acts {
		op["description"] = "Only with 'admin' on the http line, and for a user who has given a password or a certificate."
	}
	return op
}

// operationID is a name for code that is made of the description: getTablesEntries.
func operationID(r *route) string {
	id := strings.ToLower(r.method)
	for _, word := range strings.FieldsFunc(r.path, func(c rune) bool { return strings.ContainsRune("/.-", c) }) {
		switch word {
		case "{section}", "{peer}", "{name}":
			id += "One"
		case "{key}":
			id += "Key"
		default:
			id += strings.ToUpper(word[:1]) + word[1:]
		}
	}
	return id
}

// reference describes a type: a struct by its name, so that it is described once.
func (d *describer) reference(t reflect.Type) object {
	switch t {
	case typeOf[Stamp]():
		return object{"type": "string", "format": "date-time"}
	case typeOf[Values]():
		number := object{"type": "number", "nullable": true}
		return object{"type": "object", "additionalProperties": object{"anyOf": []object{number, {"type": "array", "items": number}, {"type": "string"}}}}
	case typeOf[explain.Value]():
		return object{"anyOf": []object{{"type": "number"}, {"type": "string"}}}
	case typeOf[history.Line]():
		return object{"type": "array", "items": object{"type": "number", "nullable": true}}
	}
	switch t.Kind() {
	case reflect.Pointer:
		o := d.reference(t.Elem())
		if o["$ref"] != nil { // beside a reference nothing else is looked at
			return object{"allOf": []object{o}, "nullable": true}
		}
		o["nullable"] = true
		return o
	case reflect.Slice:
		return object{"type": "array", "items": d.reference(t.Elem())}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": d.reference(t.Elem())}
	case reflect.String:
		return object{"type": "string"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Float64:
		return object{"type": "number"}
	case reflect.Struct:
		if d.schemas[t.Name()] == nil {
			d.schemas[t.Name()] = object{} // before its fields, which may have it again
			d.schemas[t.Name()] = d.structure(t)
		}
		return object{"$ref": "#/components/schemas/" + t.Name()}
	}
	return object{"type": "integer"}
}

// structure describes a struct: every field is always there.
func (d *describer) structure(t reflect.Type) object {
	properties, names := object{}, []string{}
	for i := range t.NumField() {
		f := t.Field(i)
		o := d.reference(f.Type)
		if o["$ref"] != nil && (f.Tag.Get("doc") != "" || f.Tag.Get("nullable") != "") {
			o = object{"allOf": []object{o}}
		}
		if doc := f.Tag.Get("doc"); doc != "" {
			o["description"] = doc
		}
		if words := f.Tag.Get("enum"); words != "" {
			o["enum"] = strings.Split(words, ",")
		}
		if f.Tag.Get("nullable") != "" {
			o["nullable"] = true
		}
		name := f.Tag.Get("json")
		properties[name] = o
		names = append(names, name)
	}
	slices.Sort(names)
	return object{"type": "object", "properties": properties, "required": names, "additionalProperties": false}
}
