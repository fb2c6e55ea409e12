//! A JSON reader that can be read (RFC 8259): the members of an object, and which of them are text.

/// What stands in a member.
#[derive(Debug)]
pub enum Value {
    /// A string; `None` where it escapes half of a surrogate pair.
    Text(Option<String>),
    /// Anything else, in the grammar, unread.
    Other,
}

/// The members of an object in their order, or `None` for text that is no object. A name with half
/// of a surrogate pair is no name.
pub fn read_object(text: &[u8]) -> Option<Vec<(String, Value)>> {
    let mut reader = Reader(std::str::from_utf8(text).ok()?);
    reader.skip_space();
    let members = reader.object()?;
    reader.skip_space();
    if !reader.0.is_empty() {
        return None;
    }
    members.into_iter().map(|(name, value)| Some((name?, value))).collect()
}

type Members = Vec<(Option<String>, Value)>;

struct Reader<'a>(&'a str);

impl Reader<'_> {
    fn skip_space(&mut self) {
        self.0 = self.0.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    fn take(&mut self, wanted: &str) -> Option<()> {
        self.0 = self.0.strip_prefix(wanted)?;
        Some(())
    }

    fn next(&mut self) -> Option<char> {
        let mut chars = self.0.chars();
        let first = chars.next()?;
        self.0 = chars.as_str();
        Some(first)
    }

    fn object(&mut self) -> Option<Members> {
        let mut members = Vec::new();
        self.take("{")?;
        self.skip_space();
        if self.take("}").is_some() {
            return Some(members);
        }
        loop {
            self.skip_space();
            let name = self.string()?;
            self.skip_space();
            self.take(":")?;
            members.push((name, self.value()?));
            match self.next()? {
                ',' => {}
                '}' => return Some(members),
                _ => return None,
            }
        }
    }

    fn array(&mut self) -> Option<()> {
        self.take("[")?;
        self.skip_space();
        if self.take("]").is_some() {
            return Some(());
        }
        loop {
            self.value()?;
            match self.next()? {
                ',' => {}
                ']' => return Some(()),
                _ => return None,
            }
        }
    }

    /// A value, and the space on both sides.
    fn value(&mut self) -> Option<Value> {
        self.skip_space();
        let value = match self.0.chars().next()? {
            '"' => Value::Text(self.string()?),
            '{' => self.object().map(|_| Value::Other)?,
            '[' => self.array().map(|()| Value::Other)?,
            '-' | '0'..='9' => self.number().map(|()| Value::Other)?,
            _ => {
                let mut literals = ["true", "false", "null"].into_iter();
                literals.find_map(|word| self.take(word)).map(|()| Value::Other)?
            }
        };
        self.skip_space();
        Some(value)
    }

    fn number(&mut self) -> Option<()> {
        let _ = self.take("-");
        if self.take("0").is_none() {
            self.digits()?;
        }
        if self.take(".").is_some() {
            self.digits()?;
        }
        if self.take("e").or_else(|| self.take("E")).is_some() {
            let _ = self.take("+").or_else(|| self.take("-"));
            self.digits()?;
        }
        Some(())
    }

    fn digits(&mut self) -> Option<()> {
        let rest = self.0.trim_start_matches(|char: char| char.is_ascii_digit());
        let some = rest.len() < self.0.len();
        self.0 = rest;
        some.then_some(())
    }

    /// A string: its text in UTF-16 units, since that is what escapes are written in.
    fn string(&mut self) -> Option<Option<String>> {
        self.take("\"")?;
        let mut units = Vec::new();
        loop {
            match self.next()? {
                '"' => return Some(String::from_utf16(&units).ok()),
                '\\' => units.push(self.escape()?),
                char if char < ' ' => return None,
                char => units.extend_from_slice(char.encode_utf16(&mut [0; 2])),
            }
        }
    }

    fn escape(&mut self) -> Option<u16> {
        Some(match self.next()? {
            'b' => 8,
            't' => 9,
            'n' => 10,
            'f' => 12,
            'r' => 13,
            '"' => 0x22,
            '\\' => 0x5c,
            '/' => 0x2f,
            'u' => {
                let (digits, rest) = self.0.split_at_checked(4)?;
                self.0 = rest;
                let hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
                u16::from_str_radix(digits, 16).ok().filter(|_| hex)?
            }
            _ => return None,
        })
    }
}
