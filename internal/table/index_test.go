package table

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// lookup is every place that an index has for a tag.
func (x *index) lookup(tag uint32) (refs []uint32) {
	p := x.pageFor(tag)
	if p == nil {
		return nil
	}
	for i := home(tag); p.slots[i].ref != 0; i = behind(i) {
		if p.slots[i].tag == tag {
			refs = append(refs, p.slots[i].ref)
		}
	}
	slices.Sort(refs)
	return refs
}

// TestIndex: against a map, growing to many pages and shrinking to one again. Every third tag
// is like one before, so that places share tags and probing is long.
func TestIndex(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var x index
	want := map[uint32][]uint32{}
	tags := make([]uint32, 0, 60_000) // by place - 1
	check := func(tag uint32) {
		t.Helper()
		if got := x.lookup(tag); !slices.Equal(got, want[tag]) {
			t.Fatalf("tag %#x: places %v, want %v", tag, got, want[tag])
		}
	}
	if !x.hasRoom(1) || len(x.lookup(1)) != 0 {
		t.Error("an empty index has room and nothing in it")
	}
	for i := range uint32(60_000) {
		tag := r.Uint32()
		if i%3 == 2 && i > 0 {
			tag = tags[r.IntN(len(tags))]&^0xff | uint32(i%2) // the same page and home
		}
		tags = append(tags, tag)
		if len(want[tag]) > 20 {
			tag = i
			tags[i] = tag
		}
		x.add(tag, i+1)
		want[tag] = append(want[tag], i+1)
		check(tag)
	}
	most := x.bytes()
	if perRow := float64(most) / 60_000; perRow > 20 {
		t.Errorf("%.1f bytes a row", perRow)
	}
	for tag := range want {
		check(tag)
	}
	for n, i := range r.Perm(len(tags)) {
		tag := tags[i]
		x.remove(tag, uint32(i+1))
		want[tag] = slices.DeleteFunc(want[tag], func(o uint32) bool { return o == uint32(i+1) })
		check(tag)
		if n%100 == 0 {
			for range 50 {
				check(tags[r.IntN(len(tags))])
			}
		}
	}
	if now := x.bytes(); now > most/4 {
		t.Errorf("empty, it keeps %d bytes of %d", now, most)
	}
}

// TestIndexIsFull: hashes that no division parts are refused at last, and nothing breaks.
func TestIndexIsFull(t *testing.T) {
	var x index
	const tag = 0xabcdef12
	n := uint32(0)
	for ; x.hasRoom(tag); n++ {
		x.add(tag, n+1)
		if n > pageSlots {
			t.Fatal("more entries than slots")
		}
		if n == pageFull-1 {
			break // the next would divide pages until their names fill the memory
		}
	}
	if got := len(x.lookup(tag)); got != pageFull {
		t.Errorf("%d entries of one tag, want %d", got, pageFull)
	}
	p := page{depth: maxDepth, used: pageSlots - 1}
	full := index{pages: []*page{&p}}
	if full.hasRoom(tag) {
		t.Error("a page that cannot be divided takes what it has slots for, and always keeps one free to end a search")
	}
	if p.used = pageFull; !full.hasRoom(tag) {
		t.Error("until then it has room")
	}
}

// TestIndexJoins: two pages become one only if both fit into it with room to spare.
func TestIndexJoins(t *testing.T) {
	var x index
	r := rand.New(rand.NewPCG(8, 8))
	var low, high []uint32
	for ref := uint32(1); len(x.pages) < 2 || len(high) < 206 || len(low) < 60; ref++ {
		tag := r.Uint32() >> 1
		if len(low) >= 60 && len(high) < 206 {
			tag |= 1 << 31
		}
		x.add(tag, ref)
		if tag>>31 == 1 {
			high = append(high, tag)
		} else {
			low = append(low, tag)
		}
	}
	ref := map[uint32]uint32{}
	for _, p := range x.pages {
		for _, s := range p.slots {
			if s.ref != 0 {
				ref[s.tag] = s.ref
			}
		}
	}
	if x.pages[0] == x.pages[len(x.pages)-1] {
		t.Fatal("it is divided")
	}
	for _, tag := range low {
		x.remove(tag, ref[tag])
	}
	for _, tag := range high {
		if got := x.lookup(tag); len(got) == 0 {
			t.Fatalf("%#x is lost", tag)
		}
	}
	if full := x.pageFor(1 << 31); int(full.used) != len(high) {
		t.Errorf("%d entries in the other page, want %d", full.used, len(high))
	}
}
