package config

// field finds a field in a model; both are pointers.
type field func(model any) any

// in makes a field of a function that takes the address of one.
func in[M, V any](of func(*M) *V) field {
	return func(model any) any { return of(model.(*M)) }
}

// reads makes the reader of a row from one that knows its model.
func reads[M any](read func(*block, *argument, *M)) func(*block, *argument) {
	return func(b *block, a *argument) { read(b, a, b.model.(*M)) }
}

// later is the reader of a row whose block reads it when the others are read.
func later(*block, *argument) {}

// checks makes the check of a block from one that knows its model.
func checks[M any](check func(*block, *M)) func(*block) {
	return func(b *block) { check(b, b.model.(*M)) }
}

// labelled makes the reader of a label from one that knows its block's model.
func labelled[M any](read func(*block, located, *M)) func(*block, located) {
	return func(b *block, label located) { read(b, label, b.model.(*M)) }
}

// home decodes the blocks of a kind into the model of the block around them.
type home struct {
	at   field // finds the field
	fill func(around *block, kind *schema)
}

// within is a block whose model is a field; its defaults hold without it.
func within[P, M any](of func(*P) *M) home {
	return home{in(of), func(around *block, kind *schema) {
		around.one(kind).decode(of(around.model.(*P)))
	}}
}

// optional is a block whose model is nil without it.
func optional[P, M any](of func(*P) **M) home {
	return home{in(of), func(around *block, kind *schema) {
		if b := around.one(kind); b.present() {
			model := new(M)
			b.decode(model)
			*of(around.model.(*P)) = model
		}
	}}
}

// several are blocks whose models are a list, in the order of the file; what
// their checks have refused is left out.
func several[P, M any](of func(*P) *[]M) home {
	return home{in(of), func(around *block, kind *schema) {
		list := of(around.model.(*P))
		for _, b := range around.all(kind) {
			model := new(M)
			if b.decode(model); !b.refused {
				*list = append(*list, *model)
			}
		}
	}}
}
