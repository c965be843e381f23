// Command generate writes the complete Envoy v3 API to standard output, as one binary
// google.protobuf.FileDescriptorSet: every file that the Go module registers, each after the files
// it imports, without source information. Same module version, same bytes.
package main

import (
	"log"
	"os"
	"sort"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
)

func main() {
	byPath := map[string]protoreflect.FileDescriptor{}
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		byPath[file.Path()] = file
		return true
	})
	paths := make([]string, 0, len(byPath))
	for path := range byPath {
		paths = append(paths, path)
	}
	sort.Strings(paths)

	set := &descriptorpb.FileDescriptorSet{}
	done := map[string]bool{}
	var add func(path string)
	add = func(path string) {
		if done[path] {
			return
		}
		done[path] = true
		file, known := byPath[path]
		if !known {
			log.Fatalf("%s is imported but not registered", path)
		}
		imports := file.Imports()
		for i := 0; i < imports.Len(); i++ {
			add(imports.Get(i).Path())
		}
		set.File = append(set.File, protodesc.ToFileDescriptorProto(file))
	}
	for _, path := range paths {
		add(path)
	}
	bytes, err := proto.MarshalOptions{Deterministic: true}.Marshal(set)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := os.Stdout.Write(bytes); err != nil {
		log.Fatal(err)
	}
}
