use serde_json::Value;

use super::{Spec, analyze, build, file_facts};

fn facts(text: &str) -> Value {
    serde_json::from_str(&analyze(text)).expect("the analysis is JSON")
}

fn names(text: &str) -> Vec<String> {
    let facts = facts(text);
    let list = facts["names"].as_array().expect("names are a list");
    list.iter()
        .map(|name| name[0].as_str().expect("a name is a string").to_owned())
        .collect()
}

fn source(text: &str, spec: &Spec) -> String {
    let built: Value = serde_json::from_str(&build(text, spec)).expect("the factory is JSON");
    built["source"]
        .as_str()
        .expect("the factory has a source")
        .to_owned()
}

fn flag(text: &str, bit: u64) -> bool {
    facts(text)["flags"].as_u64().expect("flags are a number") & bit != 0
}

#[test]
fn free_names_are_those_that_nothing_inside_declares() {
    assert_eq!(
        names("(a, { b }, [c = D]) => { let e; return a + b + c + e + F }"),
        ["D", "F"]
    );
    assert_eq!(
        names("function f(n) { return n < 2 ? n : f(n - 1) + g(n) }"),
        ["g"]
    );
    assert_eq!(
        names("() => { for (const k of list) k.x; try {} catch (e) { e } }"),
        ["list"]
    );
    assert_eq!(names("async *items() { yield* source }"), ["source"]);
    assert_eq!(names("() => ({ a, b: c, [d]: 1 })"), ["a", "c", "d"]);
    assert_eq!(names("x => `${x}${y}`"), ["y"]);
    assert_eq!(names("() => caf\\u00e9"), ["café"]);
}

#[test]
fn computed_names_and_the_heritage_belong_to_the_code_around() {
    assert!(names("[Symbol.iterator]() { return 1 }").is_empty());
    assert_eq!(
        names("class A extends B { [k]() { return v } static s = w }"),
        ["v", "w"]
    );
    assert_eq!(facts("class A extends B {}")["class"]["heritage"], "B");
    assert_eq!(facts("class A extends f(B) {}")["class"]["heritage"], 2);
    assert_eq!(facts("class A extends null {}")["class"]["heritage"], 1);
}

#[test]
fn uses_are_told_apart() {
    let uses = |text: &str| facts(text)["names"][0].clone();
    assert_eq!(uses("() => f()")[1], 8);
    assert_eq!(uses("() => typeof f")[1], 4);
    assert_eq!(uses("() => { f = 1 }")[1], 2);
    assert_eq!(uses("() => f++")[1], 3);
    assert_eq!(uses("() => { ({ f } = {}) }")[1], 2);
    assert_eq!(
        uses("() => ns.a.b + ns.c"),
        serde_json::json!(["ns", 16, ["a.b", "c"]])
    );
    assert_eq!(uses("() => ns.a(ns)"), serde_json::json!(["ns", 17, ["a"]]));
}

#[test]
fn what_an_arrow_takes_from_the_code_around_it_is_seen() {
    assert!(flag("() => this.x", 8) && !flag("() => function () { return this }", 8));
    assert!(flag("() => super.x()", 16));
    assert!(flag("() => new.target", 32));
    assert!(flag("() => arguments[0]", 64) && !flag("function f() { return arguments }", 64));
    assert!(
        flag("m() { return super.m() }", 128)
            && !flag("m() { return class extends A { m() { super.m() } } }", 128)
    );
    assert!(flag("() => eval('1')", 256));
    assert!(flag("m() { return this.#x }", 4096) && !flag("class A { #x; m() { return this.#x } }", 4096));
    // TypeScript hands `this` on whether it is used or not.
    assert!(!flag(
        "() => __awaiter(this, void 0, void 0, function* () { return 1 })",
        8
    ));
    assert!(flag(
        "() => __awaiter(this, void 0, void 0, function* () { return this.x })",
        8
    ));
}

#[test]
fn every_form_of_function_is_read() {
    for (text, form) in [
        ("x => x", 0),
        ("async (x) => x // end", 0),
        ("function anonymous(a\n) {\nreturn a\n}", 1),
        ("get(x) { return x }", 2),
        ("'a b'() {}", 2),
        ("12() {}", 2),
        ("static() {}", 2),
        ("get x() { return 1 }", 3),
        ("set x(v) {}", 4),
        ("class { static { } }", 5),
        ("() => import.meta.url", 0),
    ] {
        assert_eq!(facts(text)["form"], form, "{text}");
    }
    for text in ["1 + 1", "#p() {}", "", "{", "a, b"] {
        assert!(facts(text)["error"].is_string(), "{text}");
    }
}

#[test]
fn a_factory_sets_variables_after_it_is_made() {
    let spec = Spec {
        strict: true,
        names: vec!["a".into(), "b".into()],
        ..Spec::default()
    };
    assert_eq!(
        source("() => a + b // end", &spec),
        "(function(){\"use strict\";var a,b;return[(tasklets_0,tasklets_1)=>{a=tasklets_0;b=tasklets_1},\
         ()=>(() => a + b // end\n)]})"
    );
}

#[test]
fn names_of_our_own_never_meet_those_of_the_text() {
    let spec = Spec {
        names: vec!["tasklets_".into()],
        ..Spec::default()
    };
    assert!(
        source("() => tasklets_ + tasklets__0", &spec).contains("(tasklets___0)=>{tasklets_=tasklets___0}")
    );
}

#[test]
fn cells_take_the_place_of_shared_variables() {
    let spec = Spec {
        names: vec!["n".into()],
        cells: vec!["n".into()],
        ..Spec::default()
    };
    let text = "() => { n++; ({ n }); n(); n`x`; [n] = [1]; ({ n = 2 } = {}); return n.n }";
    let source = source(text, &spec);
    for part in [
        "tasklets_c0.v++;",
        "({ n:tasklets_c0.v });",
        "(0,tasklets_c0.v)();",
        "(0,tasklets_c0.v)`x`;",
        "[tasklets_c0.v] = [1];",
        "({ n:tasklets_c0.v = 2 } = {});",
        "tasklets_c0.v.n }",
    ] {
        assert!(source.contains(part), "{part} in {source}");
    }
    let inner = Spec {
        names: vec!["n".into()],
        cells: vec!["n".into()],
        ..Spec::default()
    };
    assert!(self::source("() => { { let n = 1; n++ } }", &inner).contains("let n = 1; n++"));
}

#[test]
fn replaced_text_keeps_lines_and_where_it_can_columns() {
    let spec = Spec {
        keys: vec![true],
        heritage: true,
        ..Spec::default()
    };
    let source = source("class extends mixin(\n  Base,\n) { [someLongName]() {} }", &spec);
    assert!(source.contains("class extends tasklets_h"), "{source}");
    assert_eq!(source.matches('\n').count(), 3);
    assert!(source.contains("[tasklets_k[0]]() {}"));
    assert!(self::source("() => import.meta.url", &Spec::default()).contains("() => import_meta.url"));
}

#[test]
fn a_class_can_be_made_to_hold_its_own_code_back() {
    let spec = Spec {
        restore: true,
        ..Spec::default()
    };
    let source = source(
        "class A extends B { #x = f(); y = g(); constructor() { super() } }",
        &spec,
    );
    assert!(source.contains("#x = tasklets_g?void 0:(f());"));
    assert!(source.contains("y = tasklets_g?void 0:(g());"));
    assert!(source.contains("constructor() {if(tasklets_g){super();return} super() }"));
    assert!(
        source.contains("static{tasklets_r=(tasklets_o,tasklets_v)=>{if(!tasklets_v)return[tasklets_o.#x];")
    );
}

#[test]
fn what_was_added_to_a_class_is_told() {
    let text = "class A { é = f(); #x = g(); constructor() { h() } }";
    let spec = Spec {
        restore: true,
        statics: true,
        ..Spec::default()
    };
    let built: Value = serde_json::from_str(&build(text, &spec)).expect("the factory is JSON");
    let source: Vec<u16> = built["source"].as_str().expect("a text").encode_utf16().collect();
    let head = built["head"].as_u64().expect("a number");
    let added: Vec<[usize; 2]> = serde_json::from_value(built["added"].clone()).expect("pairs");
    let mut rest = source[usize::try_from(head).expect("small")..].to_vec();
    for [start, length] in added.into_iter().rev() {
        rest.drain(start..start + length);
    }
    let rest = String::from_utf16(&rest).expect("well-formed");
    assert!(rest.starts_with(text), "{rest}");
}

#[test]
fn inert_code_only_makes_values() {
    let inert = |field: &str| facts(&format!("class A {{ #x = {field} }}"))["class"]["inert"] == true;
    for field in [
        "1",
        "[]",
        "new Map([[a, b]])",
        "() => f()",
        "a.b + `${c}`",
        "Symbol('x')",
        "Date.now()",
        "{ a, ...b }",
        "this.#x ?? null",
        "new Array(4).length",
        "crypto.randomUUID()",
        "a?.b[0]",
    ] {
        assert!(inert(field), "{field}");
    }
    for field in [
        "f()",
        "n++",
        "a = 1",
        "new Thing()",
        "new Map(f())",
        "class { static x = f() }",
        "Object.freeze(a)",
        "a.push(1)",
        "tag`x`",
        "delete a.b",
        "import('x')",
    ] {
        assert!(!inert(field), "{field}");
    }
}

#[test]
fn a_constructor_tells_how_far_it_gets_unnoticed() {
    let entry = |text: &str| facts(text)["class"]["entry"].as_i64().expect("a number");
    assert_eq!(entry("class A { #x = 1 }"), -2);
    assert_eq!(entry("class A { #x; constructor(a, { b } = {}) { f() } }"), 0);
    assert_eq!(entry("class A { #x; constructor(a = f()) {} }"), -1);
    let text = "class A extends B { constructor(a) { const b = a.c; super(b, [1]); f() } }";
    let end = text.find(" f()").and_then(|at| i64::try_from(at).ok());
    assert_eq!(Some(entry(text)), end);
    assert_eq!(entry("class A extends B { constructor() { f(); super() } }"), -1);
    assert_eq!(entry("class A extends B { constructor() { super(f()) } }"), -1);
    assert_eq!(
        entry("class A extends B { constructor() { if (a) super() } }"),
        -1
    );
}

#[test]
fn a_constructor_that_only_sets_properties_tells_which() {
    let sets = |text: &str| facts(text)["class"]["sets"].clone();
    assert_eq!(sets("class A { #x = 1 }"), serde_json::json!([]));
    let text = "class A extends B { #x; constructor(a, b) { super(a); this.#x = a; this.y = [b]; } }";
    assert_eq!(sets(text), serde_json::json!(["#x", "y"]));
    for body in [
        "f()",
        "this.y = f()",
        "this[a] = 1",
        "A.count++",
        "if (!a) throw a",
        "a.b = 1",
    ] {
        assert_eq!(
            sets(&format!("class A {{ constructor(a) {{ {body} }} }}")),
            Value::Null,
            "{body}"
        );
    }
}

#[test]
fn a_declaration_leaves_its_name_to_the_code_around() {
    let spec = Spec {
        declaration: true,
        names: vec!["f".into()],
        ..Spec::default()
    };
    assert_eq!(
        source("function f() { return f }", &spec),
        "(function(){function f() { return f }\nvar tasklets_f=f;return[(tasklets_0)=>{f=tasklets_0},()=>tasklets_f]})"
    );
}

#[test]
fn offsets_count_as_javascript_counts() {
    let facts = facts("class A { on = () => '😀'; b = () => 1 }");
    let fields = facts["class"]["arrowFields"]
        .as_array()
        .expect("fields are a list");
    assert_eq!(fields[0], serde_json::json!(["on", 15, 25, true]));
    assert_eq!(fields[1], serde_json::json!(["b", 31, 38, true]));
}

#[test]
fn a_file_tells_what_stays_and_what_is_strict() {
    let source =
        "'use strict'\nconst K = 1; let z = 2; z = 3;\nfunction f() { return f() + K + z }\n() => this;\n";
    let facts: Value = serde_json::from_str(&file_facts(source, false)).expect("JSON");
    assert_eq!(
        facts["functions"][0],
        serde_json::json!([2, 10, 2, 0, 7, ["K", "f"], []])
    );
    assert_eq!(facts["functions"][1], serde_json::json!([3, 0, 3, 0, 5, [], []]));
    assert_eq!(facts["top"].as_array().map(Vec::len), Some(3));
    let broken: Value = serde_json::from_str(&file_facts("const", false)).expect("JSON");
    assert_eq!(broken["functions"], serde_json::json!([]));
}
