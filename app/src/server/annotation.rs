//! A share as a W3C Web Annotation: the clipping's words about a region of the source picture.

use cutline_engine::store::ShareRecord;
use cutline_model::ShareReceipt;
use serde_json::{Value, json};

/// The annotation document of a share: a body with its words, and a target that is the source picture with a
/// `FragmentSelector` (Web Annotation Data Model, section 4.2.1) of the region.
#[must_use]
pub fn annotation(share: &ShareRecord, receipt: &ShareReceipt) -> Value {
    let mut body = vec![json!({
        "type": "Image",
        "id": receipt.clipping.url,
        "format": receipt.clipping.media_type,
    })];
    if !share.description.is_empty() {
        body.push(json!({"type": "TextualBody", "purpose": "commenting", "format": "text/plain", "value": share.description}));
    }
    if !share.alt.is_empty() {
        body.push(json!({"type": "TextualBody", "purpose": "describing", "format": "text/plain", "value": share.alt}));
    }
    let mut target = json!({
        "type": "SpecificResource",
        "source": {"id": share.image_url, "type": "Image"},
        "selector": {
            "type": "FragmentSelector",
            "conformsTo": "http://www.w3.org/TR/media-frags/",
            "value": share.region.fragment().to_string(),
        },
    });
    if let Some(page) = &share.page_url {
        target["scope"] = json!(page);
    }
    if !share.credit.author.is_empty() {
        target["source"]["creator"] = json!({"type": "Person", "name": share.credit.author});
    }
    if !share.credit.link.is_empty() {
        target["source"]["rights"] = json!(share.credit.link);
    }
    json!({
        "@context": "http://www.w3.org/ns/anno.jsonld",
        "id": format!("{}.json", receipt.url),
        "type": "Annotation",
        "motivation": "highlighting",
        "created": share.created_at.to_string(),
        "canonical": receipt.url,
        "body": body,
        "target": target,
    })
}
