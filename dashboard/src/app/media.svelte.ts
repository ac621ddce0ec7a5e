// Whether the window is as narrow as a phone.
const query = window.matchMedia('(max-width: 700px)');

class Media {
  phone: boolean = $state(query.matches);

  constructor() {
    query.addEventListener('change', () => (this.phone = query.matches));
  }
}

export const media = new Media();
