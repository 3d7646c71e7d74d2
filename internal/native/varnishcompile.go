package native

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"

	"edgegen/internal/supervise"
)

// vclCompiler is how a varnishd gets VCL compiled. Whoever has its turn may say how, and
// has VCL loaded before somebody else says otherwise.
type vclCompiler struct {
	turn    chan struct{} // one token
	command string        // the parameter cc_command; "" where nothing is to be changed about it
	made    string        // which compiler it is, and which varnishd; "" where that is not known
	given   []string      // the keys of kept objects that this varnishd has been given
}

const compilerParameter = "cc_command"

func (c *vclCompiler) begin(ctx context.Context) error {
	select {
	case c.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for other VCL to be loaded: %w", ctx.Err())
	}
}

func (c *vclCompiler) end() { <-c.turn }

// learnCompiler makes a fresh varnishd's compiler a quick one, and finds out which it is.
func (v *Varnish) learnCompiler(ctx context.Context) (err error) {
	if err := v.compiler.begin(ctx); err != nil {
		return err
	}
	defer v.compiler.end()
	v.compiler.command, err = v.CLI.FastCompiler(ctx)
	v.compiler.made, v.compiler.given = "", nil
	program := findProgram(Compiler{Command: v.compiler.command}.program(), filepath.SplitList(daemonPath))
	by, errBy := stampOf(program)
	varnishd, errOf := stampOf(v.daemon.Path)
	if errBy == nil && errOf == nil {
		v.compiler.made = objectKey(v.compiler.command, by, varnishd, v.daemon.Version)
	}
	return err
}

// stampOf tells one state of a program from the next.
func stampOf(program string) (string, error) {
	path, err := filepath.EvalSymlinks(program)
	if err != nil {
		return "", err
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	return fmt.Sprint(path, info.Size(), info.ModTime().UnixNano()), nil
}

// keyOf names what a VCL is compiled to; "" where that is not to be kept, since its text
// does not say all. What the owner has written may name hosts, whose addresses varnishd
// looks up as it compiles, or other files. The VCL's name says what is in it.
func (v *Varnish) keyOf(set vclSet, p vclProgram) string {
	if v.setup.Objects.Dir == "" || v.compiler.made == "" || set.foreign {
		return ""
	}
	return objectKey(v.compiler.made, p.name)
}

// loadVCL has varnishd load a VCL. Where what it is compiled to is kept, varnishd is given
// that; where that fails, or there is none, it compiles.
func (v *Varnish) loadVCL(ctx context.Context, set vclSet, p vclProgram, path string) error {
	if err := v.compiler.begin(ctx); err != nil {
		return err
	}
	defer v.compiler.end()
	key := v.keyOf(set, p)
	if key == "" {
		_, err := v.CLI.Load(ctx, p.name, path)
		return err
	}
	if object, ok := v.setup.Objects.get(key); ok {
		err := v.loadObject(ctx, p, path, object)
		if err == nil || ctx.Err() != nil {
			v.compiler.given = append(v.compiler.given, key)
			return err
		}
		v.setup.Objects.drop(key)
	}
	err := v.loadBy(ctx, p, path, v.leaving(p))
	if err == nil {
		v.keepObject(key, p)
	}
	return err
}

// dropGiven has all be compiled again that a varnishd was given whose child does not start.
func (v *Varnish) dropGiven(ctx context.Context) {
	if v.compiler.begin(ctx) != nil {
		return
	}
	defer v.compiler.end()
	for _, key := range v.compiler.given {
		v.setup.Objects.drop(key)
	}
}

// loadObject gives varnishd a shared object in place of a compiler. The file is the
// caller's, so that nobody can write another one there.
func (v *Varnish) loadObject(ctx context.Context, p vclProgram, path string, object []byte) (err error) {
	given := v.setup.Layout.Compiled()
	if err := os.Remove(given); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("hand over compiled VCL: %w", err)
	}
	file, err := os.OpenFile(given, os.O_WRONLY|os.O_CREATE|os.O_EXCL|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return fmt.Errorf("hand over compiled VCL: %w", err)
	}
	defer func() { err = errors.Join(err, os.Remove(given)) }()
	_, err = file.Write(object)
	// The daemons read it. The directory lets nobody else in.
	if err = errors.Join(err, file.Chmod(0o644), file.Close()); err != nil {
		return fmt.Errorf("hand over compiled VCL: %w", err)
	}
	return v.loadBy(ctx, p, path, "exec cp "+given+" %o")
}

// loadBy has varnishd call another command to compile this one VCL.
func (v *Varnish) loadBy(ctx context.Context, p vclProgram, path, command string) error {
	if err := v.CLI.SetParameter(ctx, compilerParameter, command); err != nil {
		return err
	}
	_, err := v.CLI.Load(ctx, p.name, path)
	return errors.Join(err, v.CLI.SetParameter(ctx, compilerParameter, v.compiler.command))
}

// left is where a compiler leaves what it has made, for keepObject.
func (v *Varnish) left(p vclProgram) string { return p.name + ".so" }

// leaving is the compiler's command, made to leave a copy of what it makes. That the copy
// is not to be had is no reason to fail.
func (v *Varnish) leaving(p vclProgram) string {
	to := filepath.Join(v.setup.Layout.Temp(), v.left(p))
	return "(" + v.compiler.command + ") || exit; cp %o " + to + ".new && mv " + to + ".new " + to + "; exit 0"
}

// keepObject keeps what the compiler has left.
func (v *Varnish) keepObject(key string, p vclProgram) {
	object, err := takeObject(v.setup.Layout.Temp(), v.left(p))
	if err == nil {
		err = v.setup.Objects.keep(key, object)
	}
	if err != nil && v.setup.Unkept != nil {
		v.setup.Unkept(err) // it is compiled another time
	}
}

// compileAhead has VCLs compiled side by side and keeps what they become, as varnishd
// loads one at a time. What fails here fails again when it is loaded, and is told then.
// Where varnishd serves, half of the processors are its.
func (v *Varnish) compileAhead(ctx context.Context, set vclSet, programs []vclProgram, dir string) {
	atOnce := runtime.GOMAXPROCS(0)
	if v.serving.Load() != 0 {
		atOnce /= 2
	}
	if v.compiler.begin(ctx) != nil {
		return
	}
	defer v.compiler.end()
	var wanted []vclProgram
	for _, p := range programs {
		// What hands requests to others can only be compiled beside them.
		if key := v.keyOf(set, p); key != "" && !v.setup.Objects.has(key) && (p.label != "" || len(set.programs) == 1) {
			wanted = append(wanted, p)
		}
	}
	if atOnce < 2 || len(wanted) < 2 || v.setup.Once == nil {
		return
	}
	slots := make(chan struct{}, atOnce)
	var all sync.WaitGroup
	for i, p := range wanted {
		slots <- struct{}{}
		if v.setup.Compiling != nil {
			v.setup.Compiling(max(0, i-atOnce+1), len(wanted)) // of those before, all but what is being compiled
		}
		all.Go(func() {
			defer func() { <-slots }()
			exit, err := v.setup.Once(ctx, v.translation(set, p, dir, i))
			if err == nil && exit.Code == 0 {
				v.keepObject(v.keyOf(set, p), p)
			}
		})
	}
	all.Wait()
}

// translation describes a varnishd that compiles a VCL as the one that serves would.
func (v *Varnish) translation(set vclSet, p vclProgram, dir string, n int) supervise.Process {
	workdir := fmt.Sprintf("%s-%d", v.setup.Layout.VarnishTry(), n)
	process := translates(v.daemon, v.setup, filepath.Join(dir, p.file), workdir, compilerParameter+"="+v.leaving(p))
	if set.inC {
		process.Args = append(process.Args, "-p", allowC+"=on")
	}
	process.Stderr = func([]byte) {}
	return process
}
