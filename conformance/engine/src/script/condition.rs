//! Boolean expressions over what is known before a run: PICS answers (`cmd && !lma.dmm`), and in `when:` also PIXIT
//! values, parameters and the row of the case (`pixit.max_pmaars >= k`, `$case.outcome != accept`).

use super::span::{LoadError, Span};
use super::value::Value;
use super::yaml::Node;

/// An expression and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// Where.
    pub span: Span,
    /// As written.
    pub text: String,
    root: Expr,
}

#[derive(Clone, Debug, PartialEq)]
enum Expr {
    Name(String),
    Not(Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    Compare(String, Comparison, String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

/// Longest expression: each word nests at most one level.
const MOST_WORDS: usize = 100;

impl Condition {
    /// Reads an expression.
    pub fn parse(node: &Node) -> Result<Self, LoadError> {
        let text = super::fields::text(node, "condition")?;
        let wrong = |why: String| node.span.error(format!("the condition `{text}` cannot be read: {why}"));
        let words = words(&text).map_err(wrong)?;
        if words.len() > MOST_WORDS {
            return Err(wrong(format!("more than {MOST_WORDS} words")));
        }
        let mut parser = Parser { words: &words, at: 0 };
        let root = parser.or().map_err(wrong)?;
        match parser.peek() {
            None => Ok(Self { span: node.span.clone(), text, root }),
            Some(word) => Err(wrong(format!("`{word}` is too much"))),
        }
    }

    /// Whether it holds. `look_up` gives the value of a name, or nothing for a name that it does not know.
    pub fn holds(&self, look_up: &dyn Fn(&str) -> Option<Value>) -> Result<bool, LoadError> {
        self.root.holds(look_up).map_err(|why| self.span.error(why))
    }

    /// Every name in it that a value is asked of.
    pub fn names(&self) -> Vec<&str> {
        let mut names = Vec::new();
        self.root.names(&mut names);
        names
    }
}

impl Expr {
    fn holds(&self, look_up: &dyn Fn(&str) -> Option<Value>) -> Result<bool, String> {
        match self {
            Self::Name(name) => match look_up(name) {
                Some(Value::Bool(value)) => Ok(value),
                Some(value) => Err(format!("`{name}` is `{value}`, not true or false")),
                None => Err(format!(
                    "the profile does not answer `{name}`: add it under `pics:` as true or false"
                )),
            },
            Self::Not(inner) => Ok(!inner.holds(look_up)?),
            Self::And(left, right) => Ok(left.holds(look_up)? & right.holds(look_up)?),
            Self::Or(left, right) => Ok(left.holds(look_up)? | right.holds(look_up)?),
            Self::Compare(left, comparison, right) => {
                let unknown = || format!("`{left}` is not known: add it to the profile or to the parameters");
                let left = operand(left, look_up).ok_or_else(unknown)?;
                let right = operand(right, look_up).unwrap_or_else(|| Value::Text(right.clone()));
                let by_number = left.int().ok().zip(right.int().ok()).map(|(left, right)| left.cmp(&right));
                let by_time =
                    || left.duration().ok().zip(right.duration().ok()).map(|(left, right)| left.cmp(&right));
                let order = by_number.or_else(by_time).or_else(|| {
                    let equal = left.to_string() == right.to_string();
                    equal.then_some(std::cmp::Ordering::Equal)
                });
                match (comparison, order) {
                    (Comparison::Eq, order) => Ok(order.is_some_and(std::cmp::Ordering::is_eq)),
                    (Comparison::Ne, order) => Ok(!order.is_some_and(std::cmp::Ordering::is_eq)),
                    (Comparison::Lt, Some(order)) => Ok(order.is_lt()),
                    (Comparison::Le, Some(order)) => Ok(order.is_le()),
                    (Comparison::Gt, Some(order)) => Ok(order.is_gt()),
                    (Comparison::Ge, Some(order)) => Ok(order.is_ge()),
                    (_, None) => Err(format!("`{left}` and `{right}` have no order")),
                }
            }
        }
    }

    fn names<'a>(&'a self, out: &mut Vec<&'a str>) {
        match self {
            Self::Name(name) | Self::Compare(name, ..) => out.push(name),
            Self::Not(inner) => inner.names(out),
            Self::And(left, right) | Self::Or(left, right) => {
                left.names(out);
                right.names(out);
            }
        }
    }
}

fn operand(word: &str, look_up: &dyn Fn(&str) -> Option<Value>) -> Option<Value> {
    let starts_with_digit = word.starts_with(|c: char| c.is_ascii_digit());
    if starts_with_digit { Some(Value::Text(word.to_string())) } else { look_up(word) }
}

struct Parser<'a> {
    words: &'a [String],
    at: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&str> {
        self.words.get(self.at).map(String::as_str)
    }

    fn next_is(&mut self, word: &str) -> bool {
        let is = self.peek() == Some(word);
        self.at += usize::from(is);
        is
    }

    fn or(&mut self) -> Result<Expr, String> {
        let mut left = self.and()?;
        while self.next_is("||") {
            left = Expr::Or(Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Result<Expr, String> {
        let mut left = self.not()?;
        while self.next_is("&&") {
            left = Expr::And(Box::new(left), Box::new(self.not()?));
        }
        Ok(left)
    }

    fn not(&mut self) -> Result<Expr, String> {
        if self.next_is("!") {
            return Ok(Expr::Not(Box::new(self.not()?)));
        }
        if self.next_is("(") {
            let inner = self.or()?;
            return if self.next_is(")") { Ok(inner) } else { Err("a `)` is missing".to_string()) };
        }
        let name = self.name()?;
        let comparison = match self.peek() {
            Some("==") => Comparison::Eq,
            Some("!=") => Comparison::Ne,
            Some("<") => Comparison::Lt,
            Some("<=") => Comparison::Le,
            Some(">") => Comparison::Gt,
            Some(">=") => Comparison::Ge,
            _ => return Ok(Expr::Name(name)),
        };
        self.at += 1;
        Ok(Expr::Compare(name, comparison, self.name()?))
    }

    fn name(&mut self) -> Result<String, String> {
        let word = self.peek().ok_or("it ends where a name should stand")?.to_string();
        if !word.starts_with(|c: char| c.is_alphanumeric() || c == '_') {
            return Err(format!("`{word}` stands where a name should stand"));
        }
        self.at += 1;
        Ok(word)
    }
}

/// Words and operators; the `$` before a name says nothing here.
fn words(text: &str) -> Result<Vec<String>, String> {
    const OPERATORS: [&str; 11] = ["&&", "||", "==", "!=", "<=", ">=", "<", ">", "!", "(", ")"];
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == '.' || c == '-';
        if let Some(operator) = OPERATORS.iter().find(|operator| rest.starts_with(**operator)) {
            words.push((*operator).to_string());
            rest = &rest[operator.len()..];
        } else {
            let name = rest.strip_prefix('$').unwrap_or(rest);
            let end = name.find(|c| !is_name(c)).unwrap_or(name.len());
            if end == 0 {
                return Err(format!("`{}` is no name and no operator", rest.chars().next().unwrap_or(' ')));
            }
            words.push(name[..end].to_string());
            rest = &name[end..];
        }
        rest = rest.trim_start();
    }
    Ok(words)
}
