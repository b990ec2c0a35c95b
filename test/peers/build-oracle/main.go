// Command build-oracle answers what kustomize and Flux make of a text: one JSON request a line, one JSON answer a line.
// It adds nothing to the modules it calls, so that thousands of questions cost one process.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/fluxcd/pkg/envsubst"
	flux "github.com/fluxcd/pkg/kustomize"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resource"
	kustomize "sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

type request struct {
	// Files of a tree to build; the root holds a kustomization.
	Files map[string]string `json:"files"`
	// Spec of the Flux Kustomization; its postBuild is applied to what was built.
	Spec map[string]any `json:"spec"`
	// Text of an expression to evaluate; no build.
	Text      *string           `json:"text"`
	Variables map[string]string `json:"variables"`
	Strict    bool              `json:"strict"`
}

type answer struct {
	// Objects as JSON texts, so that no number is read on the way.
	Objects []string `json:"objects,omitempty"`
	// Bytes that are no UTF-8 would be lost in a JSON string.
	Text  []byte `json:"text,omitempty"`
	Error string `json:"error,omitempty"`
}

func evaluate(r request) (answer, error) {
	text, err := envsubst.Eval(*r.Text, func(name string) (string, bool) {
		value, set := r.Variables[name]
		return value, set || !r.Strict
	})
	return answer{Text: []byte(text)}, err
}

func substitute(r request, res *resource.Resource) error {
	delivery := unstructured.Unstructured{Object: map[string]any{"spec": r.Spec}}
	_, err := flux.SubstituteVariables(context.Background(), nil, delivery, res,
		flux.SubstituteWithDryRun(true), flux.SubstituteWithStrict(r.Strict))
	return err
}

func build(r request) (answer, error) {
	tree := filesys.MakeFsInMemory()
	for path, text := range r.Files {
		if err := tree.WriteFile("/tree/"+path, []byte(text)); err != nil {
			return answer{}, err
		}
	}
	// The options of Flux. Its own wrapper loads the API schema anew each time, which costs 70 ms and changes nothing
	// for trees that name none.
	options := &krusty.Options{
		LoadRestrictions: kustomize.LoadRestrictionsNone,
		PluginConfig:     kustomize.DisabledPluginConfig(),
	}
	built, err := krusty.MakeKustomizer(options).Run(tree, "/tree")
	if err != nil {
		return answer{}, err
	}
	out := answer{Objects: []string{}}
	for _, res := range built.Resources() {
		if r.Spec != nil {
			if err := substitute(r, res); err != nil {
				return answer{}, err
			}
		}
		printed, err := res.AsYAML()
		if err != nil {
			return answer{}, err
		}
		object, err := yaml.YAMLToJSON(printed)
		if err != nil {
			return answer{}, err
		}
		out.Objects = append(out.Objects, string(object))
	}
	return out, nil
}

func answerTo(line []byte) (out answer) {
	defer func() {
		if thrown := recover(); thrown != nil {
			out = answer{Error: fmt.Sprintf("panic: %v", thrown)}
		}
	}()
	var r request
	err := json.Unmarshal(line, &r)
	if err == nil && r.Text != nil {
		out, err = evaluate(r)
	} else if err == nil {
		out, err = build(r)
	}
	if err != nil {
		return answer{Error: err.Error()}
	}
	return out
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	defer out.Flush()
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for {
		line, err := in.ReadBytes('\n')
		if len(line) > 0 {
			if err := encoder.Encode(answerTo(line)); err != nil {
				panic(err)
			}
		}
		if err != nil {
			return
		}
	}
}
