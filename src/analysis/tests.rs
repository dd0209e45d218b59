use super::*;
#[test]
fn first() {
    for t in [
        "()=>1",
        "function f(n){return f(n-1)+K}",
        "async m(a){ return super.m(a) + this.x }",
        "get x(){return y.z.w}",
        "class A extends B { #x=1; [k](){} static s = 2; constructor(){super()} }",
        "[k](){return 1}",
        "()=>import.meta.url",
        "() => { n++; ({n}); n(); return arguments[0] }",
        "1+1",
        "#p(){}",
    ] {
        println!(
            "{t}\n   {}\n   {}",
            analyze(t),
            build(
                t,
                &Spec {
                    strict: true,
                    names: vec!["n".into(), "K".into()],
                    cells: vec!["n".into()],
                    ..Default::default()
                }
            )
        );
    }
    println!(
        "{}",
        build(
            "class A extends f(B) { #x=1; [k](){} static s = 2; constructor(){super()} }",
            &Spec {
                restore: true,
                keys: vec![true],
                heritage: true,
                ..Default::default()
            }
        )
    );
    println!(
        "{}",
        build(
            "function f(){ f=1 }",
            &Spec {
                declaration: true,
                names: vec!["f".into()],
                ..Default::default()
            }
        )
    );
    println!(
        "{}",
        file_facts(
            "'use strict'\nconst K=1; let z=2; z=3;\nfunction f(){ return f()+K+z }",
            false
        )
    );
}
