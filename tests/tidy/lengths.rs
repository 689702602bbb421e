//! How long a file and a function may be, so that each can be read at once.

use syn::visit::{self, Visit};

use crate::tree::{File, Finding};

const FILE_LINES: usize = 400;
const FUNCTION_LINES: usize = 70;

/// Files that may be longer because they are one table, each with the reason.
const LONG_TABLES: [(&str, &str); 0] = [];

pub(crate) fn long_files(file: &File) -> Vec<Finding> {
    let lines = file.text.lines().count();
    let is_table = LONG_TABLES.iter().any(|(path, _)| *path == file.path);
    if is_table == (lines > FILE_LINES) {
        return Vec::new();
    }
    let advice = if is_table {
        "take it off LONG_TABLES: it is short enough".to_owned()
    } else {
        format!("{lines} lines: split it by subject, {FILE_LINES} at most")
    };
    vec![Finding::new(file, lines, advice)]
}

pub(crate) fn long_functions(file: &File) -> Vec<Finding> {
    match syn::parse_file(&file.text) {
        Ok(parsed) => {
            let mut functions = Functions { file, findings: Vec::new() };
            functions.visit_file(&parsed);
            functions.findings
        }
        Err(error) => vec![Finding::new(file, error.span().start().line, format!("does not parse: {error}"))],
    }
}

struct Functions<'f> {
    file: &'f File,
    findings: Vec<Finding>,
}

impl Functions<'_> {
    fn judge(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let start = signature.fn_token.span.start().line;
        let lines = block.brace_token.span.close().end().line - start + 1;
        if lines > FUNCTION_LINES {
            let advice =
                format!("{} has {lines} lines: give its steps names, {FUNCTION_LINES} at most", signature.ident);
            self.findings.push(Finding::new(self.file, start, advice));
        }
    }
}

impl<'ast> Visit<'ast> for Functions<'_> {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.judge(&function.sig, &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.judge(&function.sig, &function.block);
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast syn::TraitItemFn) {
        if let Some(block) = &function.default {
            self.judge(&function.sig, block);
        }
        visit::visit_trait_item_fn(self, function);
    }
}
