//! Logins of browsers: tickets and sessions.

use crate::support::*;
use jackfield_store::*;
use jackfield_types::*;
use std::time::Duration;

const TICKET: [u8; 32] = [1; 32];

fn grantee(name: &str) -> Grantee {
    Grantee {
        name: name.to_owned(),
        scopes: Scopes::parse("read").unwrap(),
        sees: Sees::Own,
        credential: Credential::Token(TokenId::new()),
    }
}

fn later(house: &House, by: Duration) -> Timestamp {
    house.clock.now().checked_add(by).unwrap()
}

fn session(house: &House) -> NewSession {
    NewSession {
        id: SessionId::new(),
        cookie_hash: [2; 32],
        key_hash: [3; 32],
        expires_at: later(house, Duration::from_secs(100)),
    }
}

#[tokio::test]
async fn ticket_is_exchanged_once_and_not_after_its_time() {
    let house = house().await;
    let sessions = house.store.sessions();
    let minute = Duration::from_secs(60);
    sessions.add_ticket(TICKET, grantee("ann"), later(&house, minute)).await.unwrap();
    assert!(sessions.redeem([9; 32], session(&house)).await.unwrap().is_none(), "another ticket");
    let opened = sessions.redeem(TICKET, session(&house)).await.unwrap().unwrap();
    assert_eq!((opened.name.as_str(), opened.sees, opened.ended_at), ("ann", Sees::Own, None));
    assert!(sessions.redeem(TICKET, session(&house)).await.unwrap().is_none(), "it was used");
    sessions.add_ticket(TICKET, grantee("ann"), later(&house, minute)).await.unwrap();
    house.clock.advance(minute);
    assert!(sessions.redeem(TICKET, session(&house)).await.unwrap().is_none(), "it has expired");
}

#[tokio::test]
async fn session_is_listed_for_its_principal_until_it_ends() {
    let house = house().await;
    let sessions = house.store.sessions();
    let (ann, bob) = (grantee("ann"), grantee("bob"));
    let of_ann = sessions.open(ann.clone(), session(&house)).await.unwrap().unwrap();
    sessions.open(bob, session(&house)).await.unwrap().unwrap();
    assert_eq!(sessions.list(None).await.unwrap().len(), 2);
    assert_eq!(sessions.list(Some("ann")).await.unwrap(), [(of_ann.clone(), ann.credential.clone())]);
    let (found, secrets) = sessions.get(of_ann.id).await.unwrap().unwrap();
    assert_eq!((found, secrets.credential, secrets.key_hash), (of_ann.clone(), ann.credential, [3; 32]));
    let ended = sessions.end(of_ann.id, "bob").await.unwrap().unwrap();
    assert_eq!(ended.ended_at, Some(house.clock.now()));
    assert!(sessions.end(of_ann.id, "bob").await.unwrap().is_none(), "it has ended");
    assert!(sessions.list(Some("ann")).await.unwrap().is_empty());
    let events = house.store.host_log().list(0, 100).await.unwrap();
    let told: Vec<_> =
        events.iter().map(|event| event.kind.as_str()).filter(|kind| kind.starts_with("session")).collect();
    assert_eq!(told, ["session_opened", "session_opened", "session_ended"]);
}
