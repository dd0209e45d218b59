//! What a factory changes in the text of a class: what is given instead of evaluated, and the ways in for those who
//! restore an instance or read its private fields.

use super::build::{Builder, Edit};
use super::class::{ClassFacts, Heritage};

impl Builder<'_> {
    pub(super) fn class_edits(&self, class: &ClassFacts, edits: &mut Vec<Edit>) {
        if let (true, Some(Heritage::Expression(span))) = (self.spec.heritage, &class.heritage) {
            edits.push(self.same_width(span.start as usize, span.end as usize, &self.heritage()));
        }
        for (index, computed) in class.computed.iter().enumerate() {
            if self.spec.keys.get(index).copied().unwrap_or(false) {
                let name = format!("{}[{index}]", self.keys());
                edits.push(self.same_width(computed.key.start as usize, computed.key.end as usize, &name));
            }
        }
        if self.spec.restore {
            self.guard_edits(class, edits);
        }
        if self.spec.restore || self.spec.reads {
            edits.push(self.restorer_edit(class));
        }
        if self.spec.statics {
            edits.push(self.statics_edit(class));
        }
    }

    /// Sets the private fields of the class itself: its initialisers have run again by then.
    fn statics_edit(&self, class: &ClassFacts) -> Edit {
        let values = format!("{}v", self.stem);
        let writes: String = class
            .static_fields
            .iter()
            .enumerate()
            .map(|(index, name)| format!("this.{name}={values}[{index}];"))
            .collect();
        let with = format!(";static{{{}={values}=>{{{writes}}}}}", self.statics());
        Edit::insert(class.end as usize, with)
    }

    /// While the guard is up, constructing runs none of the class's own code and only brands the object. Arrow
    /// functions in fields are made all the same: nobody else could make one that uses private members.
    fn guard_edits(&self, class: &ClassFacts, edits: &mut Vec<Edit>) {
        let guard = self.guard();
        for span in &class.initialisers {
            if class.arrow_fields.iter().any(|field| field.value == *span) {
                continue;
            }
            edits.push(Edit::insert(span.start as usize, format!("{guard}?void 0:(")));
            edits.push(Edit::insert(span.end as usize, String::from(")")));
        }
        if let Some(body) = class.constructor_body {
            let way_out = if class.heritage.is_some() {
                "{super();return}"
            } else {
                "return;"
            };
            edits.push(Edit::insert(body as usize, format!("if({guard}){way_out}")));
        }
    }

    /// A function that reads and writes private fields.
    fn restorer_edit(&self, class: &ClassFacts) -> Edit {
        let object = format!("{}o", self.stem);
        let values = format!("{}v", self.stem);
        let reads: Vec<String> = class
            .private_fields
            .iter()
            .map(|name| format!("{object}.{name}"))
            .collect();
        let writes: String = class
            .private_fields
            .iter()
            .enumerate()
            .map(|(index, name)| format!("{object}.{name}={values}[{index}];"))
            .collect();
        let with = format!(
            ";static{{{}=({object},{values})=>{{if(!{values})return[{}];{writes}}}}}",
            self.restorer(),
            reads.join(",")
        );
        Edit::insert(class.end as usize, with)
    }
}
